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
  if (link.z !== before.z || link.image !== before.image) Object.assign(carried, { z: link.z, image: link.image });
}

/** Note a drawing. @param {import("../ui/pad.js").Stroke[]} strokes */
export function carryDrawing(strokes) {
  /** @type {any} */ (carried).strokes = strokes;
}

/** The drawing to take over; a chosen image takes its place. @param {number} image the chosen one, or -1
 * @returns {import("../ui/pad.js").Stroke[]} */
export function carriedDrawing(image) {
  return (image < 0 && /** @type {any} */ (carried).strokes) || [];
}

/** What a page takes over. @param {Link} link of the page @returns {Link} */
export function carriedTo(link) {
  const { model, strokes: _, ...handle } = carried;
  const moved = "z" in handle && (handle.z !== link.z || handle.image !== link.image);
  const look = moved && "zb" in link ? { ...handle, zb: "" } : handle; // side B's own z was for the image before
  if (!model) return look;
  if (link.a === undefined) return { ...look, model };
  return model === link.b ? look : { ...look, a: model }; // side B shows it already
}
