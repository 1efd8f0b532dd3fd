// The prior N(0, I) on a map: its contours of one and two sigma, and a bar as long as one sigma.

import { svg } from "../ui/dom.js";
import { smallType } from "../ui/type.js";
import { toPixels } from "./view.js";

/** @typedef {import("./view.js").View} View */

const MIN_RADIUS = 5; // px of the ring of one sigma; its name says where one sigma is less
const ROOM_FOR_NAME = 28; // px between two rings with a name each; nearer ones are small and share a name
const ROOM_BESIDE = 44; // px from the plot's edge to the middle of a name
/** Directions from the middle, of which the first that are best are taken. */
const WAYS = [1, 7, 3, 5, 2, 6].map((eighths) => [Math.cos((eighths * Math.PI) / 4), Math.sin((eighths * Math.PI) / 4)]);
const BAR_LEFT = 14; // px from the plot's left edge
const BAR_BOTTOM = 14; // px from its bottom edge
const BAR_LONGEST = 0.5; // of the plot's side

/** The contours of one and two sigma. @param {View} view @param {number} side of the plot, in pixels
 * @param {{x: number, y: number}[]} names of the classes, to be kept clear of
 * @returns {{small: boolean, marks: SVGElement[]}} small rings belong above the names of the classes, which hide them */
export function contours(view, side, names) {
  const sigma = side / (2 * view.half);
  const [cx, cy] = toPixels(view, side, 0, 0);
  if (sigma < ROOM_FOR_NAME) return { small: true, marks: smallRings(cx, cy, sigma, side) };
  const rings = [1, 2].filter((k) => crosses(cx, cy, k * sigma, side));
  const marks = rings.flatMap((k) => {
    const ring = svg("circle", { cx, cy, r: k * sigma, class: "lse-prior" });
    const [x, y] = clearPlace(cx, cy, k * sigma, side, names);
    return [ring, nameAt(x, y, `prior ${k} σ`, "middle")];
  });
  return { small: false, marks };
}

/** The place on a ring that is on the plot and farthest from the names.
 * @param {number} cx @param {number} cy @param {number} r @param {number} side @param {{x: number, y: number}[]} names */
function clearPlace(cx, cy, r, side, names) {
  const places = WAYS.map(([right, down]) => [cx + r * right, cy + r * down]);
  const room = (/** @type {number[]} */ [x, y]) => {
    const onPlot = Math.min(x - ROOM_BESIDE, side - ROOM_BESIDE - x, y - 12, side - BAR_BOTTOM - ROOM_FOR_NAME - y);
    return Math.min(onPlot, ...names.map((name) => Math.hypot((name.x - x) / 2, name.y - y)));
  };
  return places.reduce((best, place) => (room(place) > room(best) ? place : best));
}

/** @param {number} cx @param {number} cy @param {number} sigma in pixels @param {number} side */
function smallRings(cx, cy, sigma, side) {
  const scale = Math.max(1, MIN_RADIUS / sigma);
  const r = 2 * sigma * scale;
  if (!crosses(cx, cy, r, side)) return [];
  const rings = [1, 2].flatMap((k) =>
    ["lse-halo", "lse-prior"].map((kind) => svg("circle", { cx, cy, r: k * sigma * scale, class: kind })),
  );
  const [left, down] = [cx - r * Math.SQRT1_2, cy + r * Math.SQRT1_2];
  const leader = ["lse-halo", "lse-prior"].map((kind) => svg("path", { d: `M${left} ${down}l-14 14`, class: kind }));
  const words = scale > 1 ? "prior, drawn larger" : "prior, 1 and 2 σ";
  return [...rings, ...leader, nameAt(left - 16, down + 18, words, "end")];
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

/** A bar as long as one sigma of the prior, or as a tenth, a hundredth and so on where one sigma would be too long.
 * @param {View} view @param {number} side of the plot, in pixels */
export function scaleBar(view, side) {
  const sigma = side / (2 * view.half);
  const tenths = Math.max(0, Math.ceil(Math.log10(sigma / (BAR_LONGEST * side))));
  const length = sigma / 10 ** tenths;
  const y = side - BAR_BOTTOM;
  const path = `M${BAR_LEFT} ${y - 4}v8m0 -4h${length}m0 -4v8`;
  const bar = ["lse-halo", "lse-rule"].map((kind) => svg("path", { d: path, class: kind }));
  return [...bar, nameAt(BAR_LEFT, y - 5 - 0.6 * smallType(), `${(1 / 10 ** tenths).toFixed(tenths)} σ of the prior`, "start")];
}
