// The best Gaussian q for one image, and the two gaps between the encoder's bound and log p(x); the counterpart of
// models/best_q.py, which has the equations and their sources.

import { elbo, squared } from "./bound.js";
import { lower, placed } from "./gaussian.js";
import { hermite } from "./nodes.js";
import { momentsOf } from "./shape.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** @typedef {import("./bound.js").Estimate} Estimate */
/** A Gaussian fitted to one image's posterior: after ``step`` steps it had ``mean``, ``tril`` and ``elbo`` in nats; of
 * many steps only some are included. best: the best ELBO of the first, the last, the encoder's q, and a fit from the mean
 * and covariance of p(z|x); approximation and amortisation: the gaps with it, in nats; without an encoder there is no
 * amortisation. @typedef {{step: number[], mean: number[][], tril: number[][][], elbo: number[], best: Estimate,
 *   approximation: number, amortisation: number | null}} Fit */

const STEPS = 400;
const SHOWN_STEPS = 16;
const GAIN = 1e-4; // nats: a fit ends once a step changes the bound by less, a tenth of the error of an ELBO
const RATE = 0.5;
const MAX_MOVE = 1; // sigma
const MAX_GROWTH = 2;
const RULE = squared(hermite(6));

/** The fit that starts at ``start``, with what is left of the gap to log p(x).
 * @param {Joint} joint @param {Gaussian} start @param {boolean} full with any covariance, else a diagonal one
 * @param {import("./evidence.js").Picture} picture @param {number} logEvidence
 * @param {Estimate | null} encoders the ELBO of the encoder's q @returns {Promise<Fit>} */
export async function fit(joint, start, full, picture, logEvidence, encoders) {
  const trace = [start, ...(await bestQ(joint, start, full))];
  const step = stepsShown(trace.length);
  const shown = step.map((each) => trace[each]);
  const bounds = [];
  for (const q of shown) bounds.push(await elbo(joint, q));
  const near = await bestNearby(joint, picture, full);
  const best = [bounds[bounds.length - 1], near, ...(encoders ? [encoders] : [])].reduce(higher, bounds[0]);
  return {
    step,
    mean: shown.map(({ mean }) => mean),
    tril: shown.map(({ tril }) => tril),
    elbo: bounds.map(({ value }) => value),
    best,
    approximation: logEvidence - best.value,
    amortisation: encoders && best.value - encoders.value,
  };
}

/** At most SHOWN_STEPS + 1 of so many, the first and the last among them. @param {number} count */
function stepsShown(count) {
  const stride = Math.ceil(count / SHOWN_STEPS);
  const some = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
  return some.includes(count - 1) ? some : [...some, count - 1];
}

/** The ELBO of the best q near the posterior's mean: a fit that starts in a minor mode would stay there.
 * @param {Joint} joint @param {import("./evidence.js").Picture} picture @param {boolean} full */
async function bestNearby(joint, picture, full) {
  const { mean, covariance: [[a, b], [, d]] } = momentsOf(picture);
  const [first, second] = [Math.sqrt(a), full ? b / Math.sqrt(a) : 0];
  const start = { mean, tril: [[first, 0], [second, Math.sqrt(d - second * second)]] };
  return elbo(joint, (await bestQ(joint, start, full)).pop() ?? start);
}

/** @param {Estimate} one @param {Estimate} other */
function higher(one, other) {
  return other.value > one.value ? other : one;
}

/** q after each natural-gradient step from ``start``, until it has converged, or after ``most`` steps.
 * @param {Joint} joint @param {Gaussian} start @param {boolean} full @returns {Promise<Gaussian[]>} */
export async function bestQ(joint, start, full, most = STEPS) {
  const steps = [start];
  let before = -Infinity;
  while (steps.length <= most) {
    const { bound, after } = await stepFrom(joint, steps[steps.length - 1], full);
    steps.push(after);
    if (Math.abs(bound - before) < GAIN) break;
    before = bound;
  }
  return steps.slice(1);
}

/** m <- m + rate * L E[xi log p(x, z)],  L <- L exp(rate / 2 * (E[(xi xi^T - I) log p(x, z)] + I)), and the bound before
 * that: its mean at the nodes of the step, E[log p(x, z)] + H(q), without a constant.
 * @param {Joint} joint @param {Gaussian} q @param {boolean} full @returns {Promise<{bound: number, after: Gaussian}>} */
async function stepFrom(joint, q, full) {
  const logP = await joint.at(placed(q, RULE.nodes));
  const { move, growth } = naturalGradient(logP, full);
  const [[a], [b, c]] = q.tril;
  const mean = [q.mean[0] + RATE * a * move[0], q.mean[1] + RATE * (b * move[0] + c * move[1])];
  const [[e, f], [, g]] = exponential(growth.map((row) => row.map((each) => (RATE / 2) * each)));
  const bound = logP.reduce((sum, each, i) => sum + RULE.weights[i] * each, Math.log(a * c));
  return { bound, after: { mean, tril: lower([[a * e, a * f], [b * e + c * f, b * f + c * g]]) } };
}

/** For the mean and for the log of the scale, in units of q's own sigma.
 * @param {Float64Array} logP at the nodes @param {boolean} full */
function naturalGradient(logP, full) {
  const { nodes, weights } = RULE;
  const sums = [0, 0, 0, 0, 0];
  logP.forEach((each, i) => {
    const [first, second, share] = [nodes[2 * i], nodes[2 * i + 1], weights[i] * each];
    const terms = [first, second, first * first - 1, first * second, second * second - 1];
    terms.forEach((term, k) => (sums[k] += share * term));
  });
  const [m1, m2, s11, s12, s22] = sums;
  const across = full ? s12 : 0;
  const growth = [[s11 + 1, across], [across, s22 + 1]];
  return { move: capped([[m1, m2]], MAX_MOVE)[0], growth: capped(growth, MAX_GROWTH) };
}

/** @param {number[][]} matrix @param {number} most its norm */
function capped(matrix, most) {
  const norm = Math.hypot(...matrix.flat());
  if (!Number.isFinite(norm)) throw new RangeError("The gradient of the bound is not finite.");
  return matrix.map((row) => row.map((each) => (each * most) / Math.max(most, norm)));
}

/** The exponential of a symmetric matrix, by its mean eigenvalue and half their difference.
 * @param {number[][]} matrix @returns {number[][]} */
function exponential([[a, b], [, d]]) {
  const [middle, skew] = [(a + d) / 2, (a - d) / 2];
  const half = Math.hypot(skew, b);
  const ratio = half ? Math.sinh(half) / half : 1;
  const [scale, even] = [Math.exp(middle), Math.cosh(half)];
  return [[scale * (even + ratio * skew), scale * ratio * b], [scale * ratio * b, scale * (even - ratio * skew)]];
}
