// What is written on the rate-distortion plane, as Plotly's annotations.

import { isOutside, PLANE_MARGIN, shownAt, sideOf, unitSpot } from "./plane_spots.js";

/** @typedef {import("./plane_spots.js").Spot} Spot */
/** @typedef {import("./plane_spots.js").Frame} Frame */
/** @typedef {import("./plane_spots.js").Size} Size */
/** @typedef {import("./plane_spots.js").Scatter} Scatter */
/** @typedef {import("./plane_spots.js").PlaneInk} PlaneInk */
/** A name and the room it takes, in pixels. @typedef {{text: string, left: number, top: number, late: boolean, spot: Spot}} Name */

const NARROW_PLANE = 560; // px
const LATE = 0.7; // of the width: a name that began there would not fit
const LONGEST = 24; // letters
const GLYPH_WIDTH = 6.2; // px, about
const NAME_HEIGHT = 14; // px

/** @param {Scatter} scatter @param {Size} size @param {PlaneInk} ink */
export function planeNames(scatter, size, { text, muted }) {
  const { spots, frame } = scatter;
  return [
    ...namesOf(scatter, size).map((name) => nameAt(name, text)),
    ...spots.filter((spot) => isOutside(spot, frame)).map((spot) => edgeName(spot, frame, text)),
    ...slopeName(scatter, size, muted),
  ];
}

/** How long a nat is on the screen, across and down, in pixels. @param {Frame} frame @param {Size} size */
function scaleOf({ x, y }, { width, height }) {
  const { l, r, t, b } = PLANE_MARGIN;
  return { across: (width - l - r) / (x[1] - x[0]), down: (height - t - b) / (y[1] - y[0]) };
}

/** The names of the models in the frame, as far as they do not cover those before them.
 * @param {Scatter} scatter @param {Size} size */
function namesOf({ spots, frame }, size) {
  const { across, down } = scaleOf(frame, size);
  /** @type {Name[]} */
  const names = [];
  for (const spot of spots.filter((each) => !isOutside(each, frame))) {
    const { label, beta, curve, rate, distortion } = spot;
    const text = size.width < NARROW_PLANE && curve ? String(beta) : shortened(label);
    const late = rate > frame.x[0] + LATE * (frame.x[1] - frame.x[0]);
    const left = across * rate - (late ? GLYPH_WIDTH * text.length : 0);
    const top = -down * distortion + (curve ? -NAME_HEIGHT : 0);
    const name = { text, left, top, late, spot };
    if (!names.some((other) => covers(other, name))) names.push(name);
  }
  return names;
}

/** @param {Name} a @param {Name} b */
function covers(a, b) {
  const apart =
    a.left < b.left ? b.left - a.left - GLYPH_WIDTH * a.text.length : a.left - b.left - GLYPH_WIDTH * b.text.length;
  return apart < 0 && Math.abs(a.top - b.top) < NAME_HEIGHT;
}

/** Above a point of the curve, below any other. @param {Name} name @param {string} color */
function nameAt({ text, late, spot: { rate, distortion, curve } }, color) {
  const across = late ? { xanchor: "right", xshift: -2 } : { xanchor: "left", xshift: 2 };
  const upright = curve ? { yanchor: "bottom", yshift: 3 } : { yanchor: "top", yshift: -3 };
  return {
    ...across,
    ...upright,
    x: rate,
    y: distortion,
    text: escaped(text),
    showarrow: false,
    font: { color, size: 12 },
  };
}

/** @param {Spot} spot @param {Frame} frame @param {string} color */
function edgeName(spot, frame, color) {
  const { rate, distortion } = shownAt(spot, frame);
  const side = sideOf(spot, frame);
  // On the right there is room above the curve only, and a handle may hang there.
  const place =
    side === "right"
      ? { showarrow: true, arrowhead: 0, arrowwidth: 1, arrowcolor: color, ax: -26, ay: -72, xanchor: "right" }
      : { showarrow: false, xanchor: "left", xshift: 12, yshift: side === "up" ? 9 : -9 };
  return { ...place, x: rate, y: distortion, text: escaped(inWords(spot)), font: { color, size: 12 } };
}

/** Along the line, left of its model, where that is long enough.
 * @param {Scatter} scatter @param {Size} size @param {string} color */
function slopeName({ spots, frame }, size, color) {
  const unit = unitSpot(spots);
  if (!unit) return [];
  const sum = unit.rate + unit.distortion;
  const { across, down } = scaleOf(frame, size);
  const start = Math.max(frame.x[0], sum - frame.y[1]);
  const length = (unit.rate - start) * Math.hypot(across, down);
  const value = `−ELBO = ${sum.toFixed(1)} nats`;
  const text = [`${value}, better below`, value].find((words) => GLYPH_WIDTH * words.length < length);
  if (!text) return [];
  const x = (start + unit.rate) / 2;
  const textangle = (Math.atan2(down, across) * 180) / Math.PI;
  return [{ x, y: sum - x, xshift: -8, yshift: -8, text, textangle, showarrow: false, font: { color, size: 12 } }];
}

/** @param {Spot} spot */
export function inWords({ label, rate, distortion }) {
  return `${shortened(label)}: rate ${rate.toFixed(1)}, distortion ${distortion.toFixed(1)} nats`.replaceAll("-", "−");
}

/** @param {string} label */
function shortened(label) {
  return label.length > LONGEST ? `${label.slice(0, LONGEST)}…` : label;
}

/** Plotly takes a label for markup, and a visitor wrote it. @param {string} text */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
