// The prior N(0, I) on a map: its contours of one and two sigma, and a bar as long as one sigma.

import { svg } from "../ui/dom.js";
import { smallType } from "../ui/type.js";
import { toPixels } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./names.js").Box} Box */

const MIN_RADIUS = 5; // px of the ring of one sigma; its name says where one sigma is less
const SMALL = 28; // px between two rings, at most, which share a name beside them
const ROOM_FOR_NAME = 1.75; // sizes of type between two rings with a name each; of nearer ones the outer has one
const ROOM_BESIDE = 2.75; // sizes of type from the plot's edge to the middle of a name
const LEADER = 14; // px, across and down, from a small ring to its name
const LETTER = 0.5; // the width of a letter, in sizes of type
/** Where the name of small rings may stand. */
const CORNERS = [[-1, 1], [1, 1], [-1, -1], [1, -1]];
/** Directions from the middle, of which the first that are best are taken. */
const WAYS = [1, 7, 3, 5, 2, 6].map((eighths) => [Math.cos((eighths * Math.PI) / 4), Math.sin((eighths * Math.PI) / 4)]);
const BAR_LEFT = 14; // px from the plot's left edge
const BAR_BOTTOM = 14; // px from its bottom edge
const BAR_LONGEST = 0.5; // of the plot's side

/** Whether there is no room for a name at each ring; small rings belong above the names of the classes, which would hide
 * them. @param {View} view @param {number} side of the plot, in pixels */
export function isSmall(view, side) {
  return side / (2 * view.half) < SMALL;
}

/** The contours of one and two sigma, where they are not small. @param {View} view @param {number} side of the plot, in
 * pixels @param {{x: number, y: number}[]} others names and other things to be kept clear of */
export function contours(view, side, others) {
  const sigma = side / (2 * view.half);
  const [cx, cy] = toPixels(view, side, 0, 0);
  const rings = [1, 2].filter((k) => crosses(cx, cy, k * sigma, side));
  return rings.flatMap((k) => {
    const ring = svg("circle", { cx, cy, r: k * sigma, class: "lse-prior" });
    if (k === 1 && sigma < ROOM_FOR_NAME * smallType()) return [ring];
    const [x, y] = clearPlace(cx, cy, k * sigma, side, others);
    return [ring, nameAt(x, y, `prior ${k} σ`, "middle")];
  });
}

/** The place on a ring that is on the plot and farthest from the names.
 * @param {number} cx @param {number} cy @param {number} r @param {number} side @param {{x: number, y: number}[]} names */
function clearPlace(cx, cy, r, side, names) {
  const places = WAYS.map(([right, down]) => [cx + r * right, cy + r * down]);
  const beside = ROOM_BESIDE * smallType();
  const room = (/** @type {number[]} */ [x, y]) => {
    const onPlot = Math.min(x - beside, side - beside - x, y - 12, side - BAR_BOTTOM - ROOM_FOR_NAME * smallType() - y);
    return Math.min(onPlot, ...names.map((name) => Math.hypot((name.x - x) / 2, name.y - y)));
  };
  return places.reduce((best, place) => (room(place) > room(best) ? place : best));
}

/** Small contours, and their name in the corner beside them that is on the plot and farthest from the classes' names.
 * @param {View} view @param {number} side of the plot, in pixels @param {{x: number, y: number}[]} names
 * @returns {{marks: SVGElement[], taken: Box[]}} taken by the name */
export function smallContours(view, side, names) {
  const sigma = side / (2 * view.half);
  const [cx, cy] = toPixels(view, side, 0, 0);
  const scale = Math.max(1, MIN_RADIUS / sigma);
  const r = 2 * sigma * scale;
  if (!crosses(cx, cy, r, side)) return { marks: [], taken: [] };
  const rings = [1, 2].flatMap((k) =>
    ["lse-halo", "lse-prior"].map((kind) => svg("circle", { cx, cy, r: k * sigma * scale, class: kind })),
  );
  const words = scale > 1 ? "prior, drawn larger" : "prior, 1 and 2 σ";
  const box = clearCorner(cx, cy, r * Math.SQRT1_2, side, words.length, names);
  const way = [Math.sign(box.x - cx), Math.sign(box.y - cy)];
  const path = `M${cx + way[0] * r * Math.SQRT1_2} ${cy + way[1] * r * Math.SQRT1_2}l${LEADER * way[0]} ${LEADER * way[1]}`;
  const leader = ["lse-halo", "lse-prior"].map((kind) => svg("path", { d: path, class: kind }));
  return { marks: [...rings, ...leader, nameAt(box.x, box.y, words, "middle")], taken: [box] };
}

/** The room of a name beside small rings, in the best of four corners.
 * @param {number} cx @param {number} cy @param {number} corner from the middle to the rings' corner, in pixels
 * @param {number} side @param {number} letters of the name @param {{x: number, y: number}[]} names
 * @returns {Box} */
function clearCorner(cx, cy, corner, side, letters, names) {
  const [across, down] = [(LETTER * letters * smallType()) / 2, 0.6 * smallType()];
  const boxes = CORNERS.map(([right, below]) => {
    return { x: cx + right * (corner + LEADER + across + 2), y: cy + below * (corner + LEADER + 4), across, down };
  });
  const room = (/** @type {Box} */ { x, y }) => {
    const onPlot = Math.min(0, x - across, side - across - x, y - down, side - down - y);
    return 1e3 * onPlot + Math.min(...names.map((name) => Math.hypot(Math.max(0, Math.abs(name.x - x) - across), name.y - y)));
  };
  return boxes.reduce((best, box) => (room(box) > room(best) ? box : best));
}

/** Whether any part of a circle lies on the plot; an SVG circle of a million pixels is slow and drawn badly.
 * @param {number} cx @param {number} cy @param {number} r @param {number} side */
function crosses(cx, cy, r, side) {
  const nearest = Math.hypot(Math.max(-cx, 0, cx - side), Math.max(-cy, 0, cy - side));
  const farthest = Math.hypot(Math.max(cx, side - cx), Math.max(cy, side - cy));
  return nearest <= r && r <= farthest;
}

/** @param {number} x @param {number} y @param {string} name @param {string} anchor "start", "middle" or "end" */
function nameAt(x, y, name, anchor) {
  const text = svg("text", { x, y, "text-anchor": anchor, class: "lse-prior-name" });
  text.textContent = name;
  return text;
}

/** What the scale bar and its words take. @param {View} view @param {number} side of the plot, in pixels @returns {Box} */
export function scaleBarBox(view, side) {
  const { length, words } = barOf(view, side);
  const [width, height] = [Math.max(length, words.length * LETTER * smallType()), 10 + 1.2 * smallType()];
  return { x: BAR_LEFT + width / 2, y: side - BAR_BOTTOM + 4 - height / 2, across: width / 2, down: height / 2 };
}

/** A bar as long as one sigma of the prior, or as a tenth, a hundredth and so on where one sigma would be too long.
 * @param {View} view @param {number} side of the plot, in pixels */
export function scaleBar(view, side) {
  const { length, words } = barOf(view, side);
  const y = side - BAR_BOTTOM;
  const path = `M${BAR_LEFT} ${y - 4}v8m0 -4h${length}m0 -4v8`;
  const bar = ["lse-halo", "lse-rule"].map((kind) => svg("path", { d: path, class: kind }));
  return [...bar, nameAt(BAR_LEFT, y - 5 - 0.6 * smallType(), words, "start")];
}

/** Its length in pixels, and what it says. @param {View} view @param {number} side of the plot, in pixels */
function barOf(view, side) {
  const sigma = side / (2 * view.half);
  const tenths = Math.max(0, Math.ceil(Math.log10(sigma / (BAR_LONGEST * side))));
  return { length: sigma / 10 ** tenths, words: `${(1 / 10 ** tenths).toFixed(tenths)} σ of the prior` };
}
