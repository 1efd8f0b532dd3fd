// The state of the map as short strings, which are also the query parameters of the page's address.

import { carriedTo, carry } from "./carried.js";

/** @typedef {{model: string, z: Float32Array | null, zb: Float32Array | null, linked: boolean, image: number,
 *   digits: string, scale: string, view: import("./view.js").View | null, lattice: boolean}} State
 * z null: the mean of the selected image or of the drawing, one of which exists then; image -1: none; view null: the
 * one that scale names; linked: every map's handle is at z, and otherwise the second map's is at zb, which is as z */

const AT_CODE = "code"; // zb of a handle at its code, where z alone is chosen

/** @param {Object<string, string>} link with every key, already checked by Python
 * @returns {State} */
export function stateOf(link) {
  const view = link.view.split(",").map(Number);
  const isAtCode = Boolean(link.image || link.drawing) && !link.z;
  return {
    model: link.model,
    z: link.z ? Float32Array.from(link.z.split(","), Number) : isAtCode ? null : new Float32Array(2),
    zb: link.zb && link.zb !== AT_CODE ? Float32Array.from(link.zb.split(","), Number) : null,
    linked: !link.zb && !isAtCode, // at its code each map has a z of its own
    image: link.image ? Number(link.image) : -1,
    digits: link.digits === "none" ? "" : link.digits,
    scale: link.scale,
    view: link.view ? { x: view[0], y: view[1], half: view[2] } : null,
    lattice: link.lattice === "on",
  };
}

/** What shows where no link says anything. @returns {Omit<State, "model">} */
export function firstLook() {
  const handle = { z: new Float32Array(2), zb: null, linked: true };
  return { ...handle, image: -1, digits: "0123456789", scale: "follow", view: null, lattice: false };
}

/** The inverse of stateOf. @param {State & {drawing?: string}} state with the drawing as text, where there is one
 * @param {number} half of the window, in units of z
 * @param {Object<string, string>} defaults of the page: nothing else is in its link
 * @returns {Object<string, string>} */
export function linkOf({ model, z, image, drawing = "", digits, scale, view, lattice }, half, defaults) {
  const atOrigin = image < 0 && !drawing && z?.every((coordinate) => coordinate === 0);
  const decimals = decimalsOf(half);
  const link = {
    model,
    z: z && !atOrigin ? shortNumbers(z, decimals) : "",
    image: image < 0 ? "" : String(image),
    drawing,
    digits: digits || "none",
    scale,
    view: view ? shortNumbers([view.x, view.y, view.half], decimals) : "",
    lattice: lattice ? "on" : "",
  };
  return Object.fromEntries(Object.entries(link).filter(([name]) => name in defaults));
}

/** The second map's handle in a link; "" if it is as z says. @param {Omit<State, "model">} state
 * @param {number} half of the window, in units of z */
export function secondHandleOf({ z, zb, linked }, half) {
  if (linked) return "";
  if (zb) return shortNumbers(zb, decimalsOf(half));
  return z ? AT_CODE : "";
}

/** The precision is a ten-thousandth of the window at every zoom. The table in Python allows ten decimals.
 * @param {number} half of the window, in units of z */
function decimalsOf(half) {
  return Math.min(10, Math.max(0, Math.ceil(4 - Math.log10(half))));
}

/** @param {ArrayLike<number>} numbers @param {number} decimals */
function shortNumbers(numbers, decimals) {
  return Array.from(numbers, (number) => String(Number(number.toFixed(decimals)) + 0)).join(",");
}

/** The last link of each page in this tab, by the page's path.
 * @type {Map<string, Object<string, string>>} */
const lastLinks = new Map();

/** Whether the link that is shown next is a visitor's choice, and not what a page starts with. */
let chosen = false;

/** The link to start from: that of the address, or else the last one of the page, with the model, z, image and drawing
 * that were looked at last on whichever page. The server knows the page's last link too, but an older one where the
 * visitor changed the page at once: Streamlit drops what a page reports while it is left.
 * @param {{start: Object<string, string>, defaults: Object<string, string>}} data */
export function startingLink({ start, defaults }) {
  const address = new URLSearchParams(location.search);
  const isInAddress = Object.keys(defaults).some((name) => address.has(name));
  chosen = false;
  if (isInAddress) carry(start, defaults);
  const last = { ...start, ...lastLinks.get(location.pathname) };
  return isInAddress ? start : { ...last, ...carriedTo(last) };
}

/** Put the link in the address bar without a new history entry, which Streamlit would add for every drag.
 * @param {Object<string, string>} link @param {Object<string, string>} defaults */
export function showInAddressBar(link, defaults) {
  if (chosen) carry(link, lastLinks.get(location.pathname) ?? defaults);
  chosen = true;
  lastLinks.set(location.pathname, link);
  const url = new URL(location.href);
  for (const name of Object.keys(defaults)) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(link)) {
    if (value !== defaults[name]) url.searchParams.set(name, value);
  }
  history.replaceState(history.state, "", url);
}
