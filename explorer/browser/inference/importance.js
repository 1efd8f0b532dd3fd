// Importance sampling of log p(x) for one image, from the encoder's q and from the prior: the bound for more and more
// draws, and the effective sample size. The counterpart of models/importance.py, which has the sources.

import { BATCH } from "./batched_decoder.js";
import { logDensityAt, placed } from "./gaussian.js";
import { logSum } from "./logs.js";
import { normalDraws, uniformDraws } from "../net/noise.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** For each K of Curves.draws: the K-sample bound in nats and the effective sample size. Values are means over groups of
 * K draws, 80 % of which are between low and high; error is the standard error of the bound's mean. See resampled.
 * @typedef {{bound: number[], low: number[], high: number[], error: number[], effective: number[],
 *   effective_low: number[], effective_high: number[]}} Curve */
/** pool: draws of each proposal so far, in which there are at least two groups of the largest K. encoder is null without
 * an encoder. @typedef {{draws: number[], pool: number, encoder: Curve | null, prior: Curve}} Curves */

const DRAWS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
export const POOL = 20_000; // draws of each proposal
const BLOCK = 5000; // the curves show after each
const RESAMPLED = 100; // groups
const BAND = [0.1, 0.9];
/** @type {Gaussian} */
const PRIOR = { mean: [0, 0], tril: [[1, 0], [0, 1]] };

/** The curves of more and more draws. @param {Joint} joint @param {Gaussian | null} q @param {number} seed
 * @returns {AsyncGenerator<Curves, void, void>} */
export async function* curvesInBlocks(joint, q, seed) {
  const uniform = uniformDraws(seed);
  /** @type {number[][]} log weights of q and of the prior */
  const drawn = [[], []];
  for (let pool = BLOCK; pool <= POOL; pool += BLOCK) {
    for (const [i, proposal] of [q, PRIOR].entries()) {
      if (proposal) drawn[i] = drawn[i].concat(await logWeights(joint, proposal, BLOCK, uniform));
    }
    const draws = DRAWS.filter((count) => 2 * count <= pool);
    const [encoder, prior] = drawn.map((each) => (each.length ? curveOf(each, draws, uniform) : null));
    yield { draws, pool, encoder, prior: /** @type {Curve} */ (prior) };
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

/** @param {number[]} drawn log weights @param {number[]} draws @param {() => number} uniform @returns {Curve} */
export function curveOf(drawn, draws, uniform) {
  const pairs = draws.map((count) => {
    const groups = Array.from({ length: Math.floor(drawn.length / count) }, (_, i) => drawn.slice(i * count, (i + 1) * count));
    const spread = groups.length < RESAMPLED ? resampled(drawn, count, uniform) : groups;
    return [importanceBound, effectiveSampleSize].map((of) => summaryOf(groups.map(of), spread.map(of)));
  });
  const [bounds, sizes] = [0, 1].map((i) => pairs.map((pair) => pair[i]));
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

/** Groups of ``count`` draws, each drawn from all with replacement: there are too few separate ones to show how much they
 * vary. Source: Efron, 1979, Bootstrap Methods: Another Look at the Jackknife, https://doi.org/10.1214/aos/1176344552
 * @param {number[]} drawn @param {number} count @param {() => number} uniform */
function resampled(drawn, count, uniform) {
  const one = () => Array.from({ length: count }, () => drawn[Math.floor(uniform() * drawn.length)]);
  return Array.from({ length: RESAMPLED }, one);
}

/** The mean of separate groups, and its standard error and the ends of the band by groups that may overlap.
 * @param {number[]} apart @param {number[]} spread */
function summaryOf(apart, spread) {
  const [mean, middle] = [meanOf(apart), meanOf(spread)];
  const variance = spread.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (spread.length - 1);
  const sorted = Float64Array.from(spread).sort();
  const [low, high] = BAND.map((share) => quantile(sorted, share));
  return { mean, error: Math.sqrt(variance / apart.length), low, high };
}

/** @param {number[]} values */
function meanOf(values) {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** With linear interpolation. @param {Float64Array} sorted @param {number} share */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
