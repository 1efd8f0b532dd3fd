// -log p(x, z) of one image over the latent space: a kept grid of decoded points, and a search from its best ones.

import { inSlices } from "../../browser/ui/slices.js";

/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */

const HALF = 4; // of the grid, in units of z: one prior draw in 16,000 lies outside along each axis
export const TABLE_STEP = 0.2; // between its points
const STARTS = 10; // points from which the search begins
const LEAST_STEP = 0.002; // where it ends, in units of z

/** The points [N, 2], and for each the logits [N, 784] and the sum over pixels of log(1 + exp(logit)).
 * @typedef {{points: Float32Array, logits: Float32Array, sums: Float64Array}} Table */

/** @type {WeakMap<Decoder, Promise<Table | null>>} */
const tables = new WeakMap();

/** The table of a decoder, made once, a few points a frame. @param {Decoder} decoder @returns {Promise<Table | null>} */
export function tableOf(decoder) {
  const found = tables.get(decoder) ?? inSlices(decoded(decoder, gridOf(HALF, TABLE_STEP)), () => false);
  tables.set(decoder, found);
  return found;
}

/** @param {number} half @param {number} step @returns {Float32Array} [N, 2] */
function gridOf(half, step) {
  const count = Math.round((2 * half) / step) + 1;
  return Float32Array.from({ length: 2 * count * count }, (_, i) => {
    const point = i >> 1;
    return -half + step * (i & 1 ? Math.floor(point / count) : point % count);
  });
}

/** One point a step. @param {Decoder} decoder @param {Float32Array} points [N, 2]
 * @returns {Generator<void, Table, void>} */
export function* decoded(decoder, points) {
  const count = points.length / 2;
  const pixels = decoder.logits(points.subarray(0, 2)).length;
  const [logits, sums] = [new Float32Array(count * pixels), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const own = decoder.logits(points.subarray(2 * i, 2 * i + 2));
    logits.set(own, i * pixels);
    for (let k = 0; k < pixels; k++) sums[i] += softplus(own[k]);
    yield;
  }
  return { points, logits, sums };
}

/** @param {number} logit */
function softplus(logit) {
  return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
}

/** -log p(x|z) of binary pixels at every point of a table, in nats. @param {Table} table @param {Float32Array} x */
export function costsIn({ logits, sums }, x) {
  const on = Array.from(x.keys()).filter((pixel) => x[pixel]);
  return sums.map((sum, i) => {
    const first = i * x.length;
    let nats = sum;
    for (const pixel of on) nats -= logits[first + pixel];
    return nats;
  });
}

/** -log p(x|z) in nats. @param {Decoder} decoder @param {Float32Array} x @param {Float32Array} z */
export function costAt(decoder, x, z) {
  const logits = decoder.logits(z);
  let nats = 0;
  for (let i = 0; i < x.length; i++) nats += softplus(logits[i]) - x[i] * logits[i];
  return nats;
}

/** -log p(z) of N(0, I) in two dimensions, in nats. @param {ArrayLike<number>} z @param {number} [at] */
export function priorCost(z, at = 0) {
  return (z[at] ** 2 + z[at + 1] ** 2) / 2 + Math.log(2 * Math.PI);
}

/** -log p(x, z) in nats. @param {Decoder} decoder @param {Float32Array} x @param {Float32Array} z */
export function jointCost(decoder, x, z) {
  return costAt(decoder, x, z) + priorCost(z);
}

/** The mode of p(z|x), which is that of p(x, z): the best end of a search from the best points and from other ones.
 * @param {Decoder} decoder @param {Float32Array} x @param {Float32Array[]} others [2] each
 * @returns {Promise<{z: Float32Array, nats: number} | null>} */
export async function modeOf(decoder, x, others) {
  const table = await tableOf(decoder);
  if (!table) return null;
  const costs = costsIn(table, x).map((nats, i) => nats + priorCost(table.points, 2 * i));
  const best = Array.from(costs.keys()).sort((a, b) => costs[a] - costs[b]).slice(0, STARTS);
  const starts = [...others, ...best.map((i) => table.points.slice(2 * i, 2 * i + 2))];
  return inSlices(searched((z) => jointCost(decoder, x, z), starts), () => false);
}

/** A pattern search: from each start to the best neighbour, with steps that halve where there is none that is better.
 * @param {(z: Float32Array) => number} cost in nats @param {Float32Array[]} starts [2] each
 * @returns {Generator<void, {z: Float32Array, nats: number}, void>} */
function* searched(cost, starts) {
  let best = { z: starts[0], nats: Infinity };
  for (const start of starts) {
    let [z, nats] = [start, cost(start)];
    for (let step = TABLE_STEP / 2; step > LEAST_STEP; ) {
      const around = [[step, 0], [-step, 0], [0, step], [0, -step]].map(([right, up]) => Float32Array.of(z[0] + right, z[1] + up));
      const found = around.map((place) => ({ place, nats: cost(place) })).sort((a, b) => a.nats - b.nats)[0];
      if (found.nats < nats) [z, nats] = [found.place, found.nats];
      else step /= 2;
      yield;
    }
    if (nats < best.nats) best = { z, nats };
  }
  return best;
}
