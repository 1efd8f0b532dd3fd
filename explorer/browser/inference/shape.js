// The shape of p(z|x): its moments, its picture, the window that shows it, and the number of its modes.

import { pixelsOf, SIDE } from "./evidence.js";

/** @typedef {import("./evidence.js").Picture} Picture */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** p(z|x) on squares from low to low + width, of side x side pixels each; shade [tile, z1, z2]:
 * 255 sqrt(p(z|x) / max p(z|x)) at the centre of each pixel.
 * @typedef {{low: number[][], width: number[], side: number, shade: Uint8Array}} Tiles */
/** A square of z, from x - half to x + half and y - half to y + half.
 * @typedef {{x: number, y: number, half: number}} Window */

const TAIL = 0.0025; // the share of the mass outside the window at each of its four sides
const SIGMAS = 3; // of q are in the window too, ...
const WIDEST = 20; // ... unless that makes the window so many times wider
const MARGIN = 1.2;
const REGION = 0.95; // the modes are the parts of the smallest region with this mass, ...
const LEAST = 0.01; // ... which have this mass at least
const MOST_PIXELS = 2000; // every pair is compared

/** The mean [2] and covariance [2][2] of p(z|x). @param {Picture} picture */
export function momentsOf(picture) {
  const { z, mass } = pixelsOf(picture);
  const expected = (/** @type {(z1: number, z2: number) => number} */ of) => {
    return mass.reduce((sum, each, i) => sum + each * of(z[2 * i], z[2 * i + 1]), 0) / total;
  };
  const total = mass.reduce((sum, each) => sum + each, 0);
  const [m1, m2] = [expected((z1) => z1), expected((_, z2) => z2)];
  const across = expected((z1, z2) => (z1 - m1) * (z2 - m2));
  const [first, second] = [expected((z1) => (z1 - m1) ** 2), expected((_, z2) => (z2 - m2) ** 2)];
  return { mean: [m1, m2], covariance: [[first, across], [across, second]] };
}

/** The square root of the density as shade, so that peaks and their surroundings are visible.
 * @param {Picture} picture @returns {Tiles} */
export function tilesOf({ tiles, logDensity }) {
  const most = logDensity.reduce((high, each) => Math.max(high, each));
  const shade = Uint8Array.from(logDensity, (each) => Math.round(255 * Math.exp((each - most) / 2)));
  return { low: tiles.map(({ low }) => low), width: tiles.map(({ width }) => width), side: SIDE, shade };
}

/** The square that holds all but 1 % of p(z|x), and q up to 3 sigma unless that makes it 20 times as wide.
 * @param {Picture} picture @param {Gaussian | null} q @returns {Window} */
export function windowOf(picture, q) {
  const pixels = pixelsOf(picture);
  let bounds = [0, 1].map((axis) => endsAlong(pixels, axis));
  if (q) {
    const stddev = [q.tril[0][0], Math.hypot(...q.tril[1])];
    const both = bounds.map(([low, high], axis) => {
      const reach = SIGMAS * stddev[axis];
      return [Math.min(low, q.mean[axis] - reach), Math.max(high, q.mean[axis] + reach)];
    });
    if (spanOf(both) < WIDEST * spanOf(bounds)) bounds = both;
  }
  const [x, y] = bounds.map(([low, high]) => (low + high) / 2);
  return { x, y, half: (MARGIN * spanOf(bounds)) / 2 };
}

/** The two ends of the mass along one axis without its two tails.
 * @param {ReturnType<typeof pixelsOf>} pixels @param {number} axis */
function endsAlong({ z, width, mass }, axis) {
  const order = Array.from(mass.keys()).sort((one, other) => z[2 * one + axis] - z[2 * other + axis]);
  const total = mass.reduce((sum, each) => sum + each, 0);
  let [below, low, high] = [0, Infinity, -Infinity];
  for (const pixel of order) {
    const before = below;
    below += mass[pixel] / total;
    if (below <= TAIL || before >= 1 - TAIL) continue;
    low = Math.min(low, z[2 * pixel + axis] - width[pixel] / 2);
    high = Math.max(high, z[2 * pixel + axis] + width[pixel] / 2);
  }
  return [low, high];
}

/** @param {number[][]} bounds */
function spanOf(bounds) {
  return Math.max(...bounds.map(([low, high]) => high - low));
}

/** The number of separate parts, of at least 1 % of p(z|x) each, of the smallest region that holds 95 % of p(z|x).
 * @param {Picture} picture */
export function modesOf(picture) {
  const pixels = pixelsOf(picture);
  const masses = partsOf(pixels, densest(picture, pixels.mass)).map((part) => {
    return part.reduce((sum, pixel) => sum + pixels.mass[pixel], 0);
  });
  return Math.max(1, masses.filter((mass) => mass > LEAST).length);
}

/** The pixels of the smallest region with that mass. @param {Picture} picture @param {Float64Array} mass */
function densest({ logDensity }, mass) {
  const order = Array.from(mass.keys()).sort((one, other) => logDensity[other] - logDensity[one]);
  const total = mass.reduce((sum, each) => sum + each, 0);
  let sum = 0;
  return order.filter((pixel) => (sum += mass[pixel]) < REGION * total).slice(0, MOST_PIXELS);
}

/** Groups of pixels that touch, also at corners. @param {ReturnType<typeof pixelsOf>} pixels
 * @param {number[]} inside @returns {number[][]} */
function partsOf({ z, width }, inside) {
  const left = new Set(inside);
  const parts = [];
  for (const start of inside) {
    if (!left.delete(start)) continue;
    const part = [start];
    for (const pixel of part) {
      for (const other of left) {
        const reach = ((width[pixel] + width[other]) / 2) * 1.001;
        const gap = Math.max(Math.abs(z[2 * pixel] - z[2 * other]), Math.abs(z[2 * pixel + 1] - z[2 * other + 1]));
        if (gap <= reach && left.delete(other)) part.push(other);
      }
    }
    parts.push(part);
  }
  return parts;
}
