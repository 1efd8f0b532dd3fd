// Importance sampling of log p(x) for one image, from the encoder's q and from the prior: the bound for more and more
// draws, and the effective sample size. The counterpart of models/importance.py, which has the sources.

import { BATCH } from "./batched_decoder.js";
import { logDensityAt, placed } from "./gaussian.js";
import { logSum } from "./logs.js";
import { normalDraws, uniformDraws } from "../net/noise.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** For each K of Curves.draws: the K-sample bound in nats and the effective sample size. Values are means over repeats;
 * 80 % of the repeats are between low and high; error is the standard error of the bound's mean.
 * @typedef {{bound: number[], low: number[], high: number[], error: number[], effective: number[],
 *   effective_low: number[], effective_high: number[]}} Curve */
/** The largest K has ``repeats`` repeats; smaller K have proportionally more. encoder is null without an encoder.
 * @typedef {{draws: number[], repeats: number, encoder: Curve | null, prior: Curve}} Curves */

export const DRAWS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
export const REPEATS = 20; // of the largest K
const BLOCK = 2; // repeats: the curves show after each block
const MOST = DRAWS[DRAWS.length - 1];
const BAND = [0.1, 0.9];
/** @type {Gaussian} */
const PRIOR = { mean: [0, 0], tril: [[1, 0], [0, 1]] };

/** The curves with more and more repeats. @param {Joint} joint @param {Gaussian | null} q @param {number} seed
 * @returns {AsyncGenerator<Curves, void, void>} */
export async function* curvesInBlocks(joint, q, seed) {
  const uniform = uniformDraws(seed);
  /** @type {number[][]} log weights of q and of the prior */
  const drawn = [[], []];
  for (let repeats = BLOCK; repeats <= REPEATS; repeats += BLOCK) {
    for (const [i, proposal] of [q, PRIOR].entries()) {
      if (proposal) drawn[i] = drawn[i].concat(await logWeights(joint, proposal, BLOCK * MOST, uniform));
    }
    yield { draws: DRAWS, repeats, encoder: q && curveOf(drawn[0]), prior: curveOf(drawn[1]) };
  }
}

/** log w_k = log p(x, z_k) - log r(z_k) for z_k ~ r, in nats.
 * @param {Joint} joint @param {Gaussian} r @param {number} count @param {() => number} uniform */
async function logWeights(joint, r, count, uniform) {
  /** @type {number[]} */
  const found = [];
  for (let left = count; left > 0; left -= BATCH) {
    const xi = Float64Array.from(normalDraws(Math.min(BATCH, left), uniform));
    const logP = await joint.at(placed(r, xi));
    logP.forEach((each, i) => found.push(each - logDensityAt(r, xi[2 * i], xi[2 * i + 1])));
  }
  return found;
}

/** L_K = E log 1/K sum_k w_k. @param {number[]} logWeights */
export function importanceBound(logWeights) {
  return logSum(logWeights) - Math.log(logWeights.length);
}

/** (sum_k w_k)^2 / sum_k w_k^2. @param {number[]} logWeights */
export function effectiveSampleSize(logWeights) {
  return Math.exp(2 * logSum(logWeights) - logSum(logWeights.map((each) => 2 * each)));
}

/** @param {number[]} drawn log weights @returns {Curve} */
function curveOf(drawn) {
  const groups = DRAWS.map((count) => {
    return Array.from({ length: drawn.length / count }, (_, i) => drawn.slice(i * count, (i + 1) * count));
  });
  const bounds = groups.map((group) => summaryOf(group.map(importanceBound)));
  const sizes = groups.map((group) => summaryOf(group.map(effectiveSampleSize)));
  return {
    bound: bounds.map(({ mean }) => mean),
    low: bounds.map(({ low }) => low),
    high: bounds.map(({ high }) => high),
    error: bounds.map(({ error }) => error),
    effective: sizes.map(({ mean }) => mean),
    effective_low: sizes.map(({ low }) => low),
    effective_high: sizes.map(({ high }) => high),
  };
}

/** The mean, its standard error, and the ends of the band. @param {number[]} values */
function summaryOf(values) {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
  const sorted = Float64Array.from(values).sort();
  const [low, high] = BAND.map((share) => quantile(sorted, share));
  return { mean, error: Math.sqrt(variance / values.length), low, high };
}

/** With linear interpolation. @param {Float64Array} sorted @param {number} share */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
