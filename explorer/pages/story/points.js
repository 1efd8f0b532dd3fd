// Points of z that are spread like the prior, decoded once and kept: sums over z, and z looked up.

import { decoded } from "./joint.js";
import { inSlices } from "../../browser/ui/slices.js";

/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */
/** @typedef {import("./joint.js").Table} Table */

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const STEP = 1e-3; // of the table of the normal distribution function
const REACH = 6;

/** The normal distribution function from -REACH on, every STEP. */
const cumulative = (() => {
  let sum = 0;
  return Float64Array.from({ length: (2 * REACH) / STEP }, (_, i) => {
    const middle = -REACH + (i + 0.5) * STEP;
    return (sum += (STEP * Math.exp(-(middle ** 2) / 2)) / Math.sqrt(2 * Math.PI));
  });
})();

/** Where the normal distribution function is ``share``, within 0.001. @param {number} share in 0..1 */
export function normalQuantile(share) {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] < share) low = middle + 1;
    else high = middle;
  }
  return -REACH + (low + 0.5) * STEP;
}

/** The points of models.lattice.fixed_points. @param {number} count @returns {Float32Array} [K, 2] */
export function fixedPoints(count) {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const k = (i >> 1) + 0.5;
    return normalQuantile(i & 1 ? (k * GOLDEN) % 1 : k / count);
  });
}

/** @type {WeakMap<Decoder, Map<number, Promise<Table | null>>>} */
const kept = new WeakMap();

/** A decoder at ``count`` points, a few points a frame. @param {Decoder} decoder @param {number} count */
export function decodedPoints(decoder, count) {
  const own = kept.get(decoder) ?? new Map();
  kept.set(decoder, own);
  if (!own.has(count)) own.set(count, inSlices(decoded(decoder, fixedPoints(count)), () => false));
  return /** @type {Promise<Table>} */ (own.get(count));
}
