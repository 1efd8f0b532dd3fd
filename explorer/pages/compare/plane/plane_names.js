// The labels on the rate-distortion plane, as Plotly's annotations.

import { smallType } from "../../../browser/ui/type.js";
import { isOutside, PLANE_MARGIN, shownAt, sideOf, unitSpot } from "./plane_spots.js";

/** @typedef {import("./plane_spots.js").Spot} Spot */
/** @typedef {import("./plane_spots.js").Frame} Frame */
/** @typedef {import("./plane_spots.js").Size} Size */
/** @typedef {import("./plane_spots.js").Scatter} Scatter */
/** @typedef {import("./plane_spots.js").PlaneInk} PlaneInk */
/** @typedef {{rate: number, distortion: number}} Place in nats */
/** In pixels from the top left corner of the frame. @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** A name beside its model. @typedef {{text: string, spot: Spot, right: boolean, above: boolean, box: Box}} Name */

const NARROW = 560; // px
const [LONGEST_HEAD, LONGEST_TAIL] = [10, 13]; // characters; the end has the step of a run's moment
const LINE_MARKS = 100; // along a line, to be avoided
const [GLYPH_WIDTH, NAME_HEIGHT] = [0.52, 1.15]; // of the size of type, approximately
const BESIDE = 11; // px from the middle of a model, clear of the ring of a handle
const ASTRIDE = 4; // px above or below that middle
const LEADER = { across: -16, up: -56 }; // px from a model beyond the right edge to its name
const NAME_CORNERS = [
  { right: true, above: true },
  { right: false, above: false },
  { right: true, above: false },
  { right: false, above: true },
];

/** @param {Scatter} scatter @param {Size} size @param {PlaneInk} ink */
export function planeNames(scatter, size, { text, muted }) {
  const { spots, frame } = scatter;
  return [
    ...namesOf(scatter, size).map((name) => nameAt(name, text)),
    ...spots.filter((spot) => isOutside(spot, frame)).map((spot) => edgeName(spot, frame, size, text)),
    ...slopeName(scatter, size, muted),
  ];
}

/** The length of a nat in pixels, horizontally and vertically. @param {Frame} frame @param {Size} size */
function scaleOf({ x, y }, { width, height }) {
  const { l, r, t, b } = PLANE_MARGIN;
  return { across: (width - l - r) / (x[1] - x[0]), down: (height - t - b) / (y[1] - y[0]) };
}

/** From nats to pixels in the frame. @param {Frame} frame @param {Size} size */
function placing(frame, size) {
  const { across, down } = scaleOf(frame, size);
  return (/** @type {Place} */ { rate, distortion }) => {
    return { x: across * (rate - frame.x[0]), y: down * (frame.y[1] - distortion) };
  };
}

/** The names of the models in the frame that fit, each in the corner where it covers the fewest marks.
 * @param {Scatter} scatter @param {Size} size */
function namesOf(scatter, size) {
  const { spots, frame } = scatter;
  const at = placing(frame, size);
  const marks = marksOf(scatter).map(at);
  const taken = spots.filter((spot) => isOutside(spot, frame)).flatMap((spot) => edgeBoxes(spot, frame, size));
  /** @type {Name[]} */
  const names = [];
  for (const spot of spots.filter((each) => !isOutside(each, frame))) {
    const text = size.width < NARROW && spot.curve ? String(spot.beta) : shortened(spot.label);
    const used = [...taken, ...names.map(({ box }) => box)];
    const free = NAME_CORNERS.map((corner) => ({ ...corner, text, spot, box: nameBox(text, at(spot), corner) }))
      .filter(({ box }) => fits(box, size) && !used.some((other) => overlap(other, box)))
      .map((name) => ({ name, covered: marks.filter((mark) => isIn(mark, name.box)).length }));
    const least = Math.min(...free.map(({ covered }) => covered));
    names.push(...free.flatMap(({ name, covered }) => (covered === least ? name : [])).slice(0, 1));
  }
  return names;
}

/** The marks that a name should not cover: models, seeds, the curve and the line of slope -1.
 * @param {Scatter} scatter @returns {Place[]} */
function marksOf({ spots, seeds, frame: { x } }) {
  const curve = spots.filter((spot) => spot.curve);
  const unit = unitSpot(spots);
  const slope = unit ? x.map((rate) => ({ rate, distortion: unit.rate + unit.distortion - rate })) : [];
  return [...spots, ...seeds, ...alongLine(curve), ...alongLine(slope)];
}

/** @param {Place[]} corners of a broken line @returns {Place[]} */
function alongLine(corners) {
  return corners.slice(1).flatMap((end, i) => {
    const { rate, distortion } = corners[i];
    return Array.from({ length: LINE_MARKS }, (_, step) => {
      const part = step / LINE_MARKS;
      return { rate: rate + part * (end.rate - rate), distortion: distortion + part * (end.distortion - distortion) };
    });
  });
}

/** In pixels, approximately. @param {string} text */
function widthOf(text) {
  return GLYPH_WIDTH * smallType() * text.length;
}

/** @param {string} text @param {{x: number, y: number}} beside @param {{right: boolean, above: boolean}} corner
 * @returns {Box} */
function nameBox(text, { x, y }, { right, above }) {
  const [width, height] = [widthOf(text), NAME_HEIGHT * smallType()];
  const left = right ? x + BESIDE : x - BESIDE - width;
  const top = above ? y - ASTRIDE - height : y + ASTRIDE;
  return { left, top, right: left + width, bottom: top + height };
}

/** The boxes of a model beyond the right edge: its name, leader and handle. Other outside models use the margin.
 * @param {Spot} spot @param {Frame} frame @param {Size} size @returns {Box[]} */
function edgeBoxes(spot, frame, size) {
  if (sideOf(spot, frame) !== "right") return [];
  const { x, y } = placing(frame, size)(shownAt(spot, frame));
  const [left, top] = [x + LEADER.across, y + LEADER.up];
  const width = Math.max(...edgeLines(spot, frame, size).map(widthOf));
  const name = {
    left: left - width,
    right: left,
    top: top - 2 * NAME_HEIGHT * smallType(),
    bottom: top,
  };
  return [name, { left, right: x + BESIDE, top, bottom: y + BESIDE }];
}

/** @param {Box} box @param {Size} size */
function fits({ left, right, top, bottom }, { width, height }) {
  const { l, t, b } = PLANE_MARGIN;
  return left >= 0 && right <= width - l && top >= 0 && bottom <= height - t - b; // the margin on the right is free
}

/** @param {Box} one @param {Box} other */
function overlap(one, other) {
  const across = one.left < other.right && other.left < one.right;
  return across && one.top < other.bottom && other.top < one.bottom;
}

/** @param {{x: number, y: number}} mark @param {Box} box */
function isIn({ x, y }, { left, right, top, bottom }) {
  return x >= left && x <= right && y >= top && y <= bottom;
}

/** @param {Name} name @param {string} color */
function nameAt({ text, right, above, spot: { rate, distortion } }, color) {
  const across = right ? { xanchor: "left", xshift: BESIDE } : { xanchor: "right", xshift: -BESIDE };
  const upright = above ? { yanchor: "bottom", yshift: ASTRIDE } : { yanchor: "top", yshift: -ASTRIDE };
  const place = { ...across, ...upright, x: rate, y: distortion };
  return { ...place, text: escaped(text), showarrow: false, borderpad: 0, font: { color } };
}

/** @param {Spot} spot @param {Frame} frame @param {Size} size */
function edgeLines(spot, frame, { width }) {
  const words = inWords(spot);
  const end = words.lastIndexOf(" distortion");
  return width < NARROW && sideOf(spot, frame) === "right"
    ? [words.slice(0, end), words.slice(end + 1)]
    : [words];
}

/** @param {Spot} spot @param {Frame} frame @param {Size} size @param {string} color */
function edgeName(spot, frame, size, color) {
  const { rate, distortion } = shownAt(spot, frame);
  const side = sideOf(spot, frame);
  const text = edgeLines(spot, frame, size).map(escaped).join("<br>");
  // On the right there is room only above the curve. A handle may be there, and the leader starts below the text.
  const leader = {
    showarrow: true,
    arrowhead: 0,
    arrowwidth: 1,
    arrowcolor: color,
    ax: LEADER.across,
    ay: LEADER.up,
    standoff: 7,
  };
  const place =
    side === "right"
      ? { ...leader, xanchor: "right", yanchor: "bottom", align: "right" }
      : { showarrow: false, xanchor: "left", xshift: 12, yshift: side === "up" ? 9 : -9 };
  return { ...place, x: rate, y: distortion, text, font: { color } };
}

/** The label along the slope line, left of its model, if the line is long enough.
 * @param {Scatter} scatter @param {Size} size @param {string} color */
function slopeName({ spots, frame }, size, color) {
  const unit = unitSpot(spots);
  if (!unit) return [];
  const sum = unit.rate + unit.distortion;
  const { across, down } = scaleOf(frame, size);
  const start = Math.max(frame.x[0], sum - frame.y[1]);
  const length = (unit.rate - start) * Math.hypot(across, down);
  const value = `−ELBO = ${sum.toFixed(1)} ${unit.unit}`;
  const text = [`${value}, better below`, value].find((words) => widthOf(words) < length);
  if (!text) return [];
  const x = (start + unit.rate) / 2;
  const textangle = (Math.atan2(down, across) * 180) / Math.PI;
  return [{ x, y: sum - x, xshift: -8, yshift: -8, text, textangle, showarrow: false, font: { color } }];
}

/** @param {Spot} spot */
export function inWords({ label, rate, distortion, unit }) {
  const values = `rate ${rate.toFixed(1)}, distortion ${distortion.toFixed(1)} ${unit}`;
  return `${shortened(label)}: ${values.replaceAll("-", "−")}`;
}

/** A long label with its middle left out, because labels with the same start differ at the end.
 * @param {string} label */
function shortened(label) {
  const letters = [...label];
  if (letters.length <= LONGEST_HEAD + LONGEST_TAIL + 1) return label;
  const [head, tail] = [letters.slice(0, LONGEST_HEAD), letters.slice(-LONGEST_TAIL)].map((part) =>
    part.join("").trim(),
  );
  return `${head}…${tail}`;
}

/** Escapes a visitor's label, because Plotly interprets markup. @param {string} text */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
