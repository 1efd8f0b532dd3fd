// What travels from page to page in a tab: the model, z, and the image or drawing that the visitor chose last.

/** A link's strings. @typedef {Object<string, string>} Link */

/** It is on the window, because each component is a module with its own state. @type {Link} */
const carried = (/** @type {any} */ (window).__latentSpaceExplorerCarried ??= {});

/** The model of a page, of two the first. @param {Link} link */
function modelOf({ model, a }) {
  return model ?? a;
}

/** Note what differs from ``before``. @param {Link} link @param {Link} before */
export function carry(link, before) {
  // The moment of a run is a model of the Compare page alone.
  if (modelOf(link) !== modelOf(before) && !modelOf(link).startsWith("run-")) carried.model = modelOf(link);
  if (["z", "image", "drawing"].every((name) => (link[name] ?? "") === (before[name] ?? ""))) return;
  // A page without a pad keeps the drawing until an image is chosen on it.
  const drawing = link.drawing ?? (link.image ? "" : carriedDrawing());
  Object.assign(carried, { z: link.z, image: link.image, drawing });
}

/** Note a drawing, and that no image is chosen. @param {string} drawing as text */
export function carryDrawing(drawing) {
  Object.assign(carried, { z: "", image: "", drawing });
}

/** The drawing of another page, as text; "" if there is none. */
export function carriedDrawing() {
  return carried.drawing ?? "";
}

/** What a page takes over. @param {Link} link of the page @returns {Link} */
export function carriedTo(link) {
  const { model, ...handle } = carried;
  const moved = Object.keys(handle).some((name) => name in link && handle[name] !== link[name]);
  const look = Object.fromEntries(Object.entries(handle).filter(([name]) => name in link));
  if (moved && "zb" in link) look.zb = ""; // side B's own z was for the image before
  if (!model) return look;
  if (link.a === undefined) return { ...look, model };
  return model === link.b ? look : { ...look, a: model }; // side B shows it already
}
