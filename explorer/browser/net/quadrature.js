// The loss terms of one image under one model, pixel by pixel and dimension by dimension, in nats.

import { PIXELS_OF } from "./likelihood.js";

/** @typedef {import("./encoder.js").Posterior} Posterior */
/** KL(q(z|x) || p(z)) of one dimension, split into the parts of the mean and of the stddev.
 * @typedef {{mean: number, variance: number}} KlParts */
/** pixels: E_q[-log p(x_j|z)], [784]; reconstruction: their sum; kl: by dimension; total: -ELBO.
 * @typedef {{pixels: Float32Array, reconstruction: number, kl: KlParts[], total: number}} Terms */

/** A node and its weight in the expectation of f(t), t ~ N(0, 1). @typedef {[number, number]} Node */

/** The largest sigma, in units of z, for which each rule of an axis but the last is fine enough. */
const WIDTHS = [0.08, 0.2, 0.5];

/** Gauss-Hermite rule of five nodes: exact for polynomials of degree 9.
 *
 * The nodes are the roots of He_5(t) = t (t^4 - 10 t^2 + 15), each with the weight 4! / (5 He_4(t)^2).
 * Source: Abramowitz and Stegun, 1964, section 25.4.46, https://personal.math.ubc.ca/~cbm/aands/page_890.htm,
 * where the weight function is exp(-t^2): nodes times sqrt(2), weights over sqrt(pi).
 * @type {Node[]} */
export const HERMITE_RULE = [
  [-Math.sqrt(5 + Math.sqrt(10)), (7 - 2 * Math.sqrt(10)) / 60],
  [-Math.sqrt(5 - Math.sqrt(10)), (7 + 2 * Math.sqrt(10)) / 60],
  [0, 8 / 15],
  [Math.sqrt(5 - Math.sqrt(10)), (7 + 2 * Math.sqrt(10)) / 60],
  [Math.sqrt(5 + Math.sqrt(10)), (7 - 2 * Math.sqrt(10)) / 60],
];

/** The wider q, the less smooth is the decoder over it; then an even grid (the trapezoidal rule) is more accurate.
 * models/quadrature.py has the same rules. */
const RULES = [HERMITE_RULE, evenRule(11, 4), evenRule(21, 5), evenRule(41, 5)];

/** @param {number} count of nodes @param {number} reach of the outermost, in sigmas @returns {Node[]} */
function evenRule(count, reach) {
  const nodes = Array.from({ length: count }, (_, i) => reach * ((2 * i) / (count - 1) - 1));
  const densities = nodes.map((node) => Math.exp(-(node ** 2) / 2));
  const sum = densities.reduce((total, density) => total + density, 0);
  return nodes.map((node, i) => [node, densities[i] / sum]);
}

/** The rule along each axis. @param {ArrayLike<number>} stddev of q @returns {Node[][]} */
export function rulesFor(stddev) {
  const kinds = Array.from(stddev, (sigma) => WIDTHS.filter((width) => sigma > width).length);
  // Codes that are wide along both axes belong to a nearly collapsed model, whose decoder is smooth.
  const finest = Math.min(...kinds) === WIDTHS.length ? WIDTHS.length - 1 : WIDTHS.length;
  return kinds.map((kind) => RULES[Math.min(kind, finest)]);
}

/** The terms of l = E_q[-log p(x|z)] + KL(q(z|x) || p(z)), the expectation within 0.05 nats, one node per step: all
 * decodings, 25 to 861, take longer than a frame.
 * @param {Posterior} q @param {import("./decoder.js").Decoder} decoder
 * @param {Float32Array} x [784] as the model sees it @param {import("./likelihood.js").Likelihood} likelihood
 * @param {number} pixelStddev sigma of a pixel, if the likelihood has one
 * @returns {Generator<void, Terms, void>} */
export function* termsInSteps(q, decoder, x, likelihood, pixelStddev) {
  const { addCosts } = PIXELS_OF[likelihood.name];
  const pixels = new Float64Array(x.length);
  const z = new Float32Array(2);
  const [firstRule, secondRule] = rulesFor(q.stddev);
  for (const [first, firstWeight] of firstRule) {
    for (const [second, secondWeight] of secondRule) {
      z[0] = q.mean[0] + q.stddev[0] * first;
      z[1] = q.mean[1] + q.stddev[1] * second;
      addCosts(pixels, decoder.logits(z), x, pixelStddev, firstWeight * secondWeight);
      yield;
    }
  }
  const reconstruction = pixels.reduce((sum, nats) => sum + nats, 0);
  const kl = klParts(q);
  return { pixels: Float32Array.from(pixels), reconstruction, kl, total: reconstruction + sumOfKl(kl) };
}

/** KL(N(mean, stddev^2) || N(0, 1)) = mean^2 / 2 + (stddev^2 - 1 - ln stddev^2) / 2 for each dimension.
 *
 * Source: Kingma and Welling, 2014, appendix B, https://arxiv.org/abs/1312.6114
 * @param {Posterior} q @returns {KlParts[]} */
export function klParts({ mean, stddev }) {
  return Array.from(mean, (mu, axis) => {
    const variance = stddev[axis] ** 2;
    return { mean: mu ** 2 / 2, variance: (variance - 1 - Math.log(variance)) / 2 };
  });
}

/** KL(q(z|x) || p(z)). @param {KlParts[]} parts */
export function sumOfKl(parts) {
  return parts.reduce((sum, { mean, variance }) => sum + mean + variance, 0);
}
