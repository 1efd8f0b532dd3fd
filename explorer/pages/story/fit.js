// A Gaussian q of independent dimensions, fitted to p(z|x) of one image: steps that raise the ELBO.

import { costAt } from "./joint.js";
import { klParts, rulesFor, sumOfKl } from "../../browser/net/quadrature.js";

/** @typedef {import("../../browser/net/encoder.js").Posterior} Q */
/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */

const MOST = 2; // the factor by which sigma may change in a step, and the sigmas that the mean may move

/** The best q and its -ELBO in nats, of a start and some steps. With f(z) = -log p(x, z) a step is
 *
 *     1 / sigma_d^2 <- E_q[d^2 f / dz_d^2],   mu_d <- mu_d - sigma_d^2 E_q[df / dz_d]
 *
 * where the ELBO is highest, neither changes. The expectations need no derivative of f (Stein's identities):
 * E[df/dz] = E[f t] / sigma and E[d^2 f/dz^2] = E[f (t^2 - 1)] / sigma^2 for z = mu + sigma t.
 *
 * Source: Khan and Rue, 2023, The Bayesian learning rule, section 3, https://arxiv.org/abs/2107.04562
 * @param {Q} start @param {Decoder} decoder @param {Float32Array} x in {0, 1} @param {number} steps
 * @returns {Generator<void, {q: Q, nats: number}, void>} */
export function* fitted(start, decoder, x, steps) {
  let q = start;
  let best = { q, nats: Infinity };
  for (let step = 0; ; step++) {
    const { nats, slope, curvature } = expectations(q, decoder, x);
    if (nats < best.nats) best = { q, nats };
    if (step === steps) return best;
    q = stepped(q, slope, curvature);
    yield;
  }
}

/** The best of fits from several starts. @param {Q[]} starts @param {Decoder} decoder @param {Float32Array} x
 * @param {number} steps @returns {Generator<void, {q: Q, nats: number}, void>} */
export function* bestFit(starts, decoder, x, steps) {
  let best = { q: starts[0], nats: Infinity };
  for (const start of starts) {
    const found = yield* fitted(start, decoder, x, steps);
    if (found.nats < best.nats) best = found;
  }
  return best;
}

/** -ELBO in nats. @param {Q} q @param {Decoder} decoder @param {Float32Array} x */
export function negativeElbo(q, decoder, x) {
  return expectations(q, decoder, x).nats;
}

/** -ELBO, and the expected first and second derivatives of -log p(x, z). @param {Q} q @param {Decoder} decoder
 * @param {Float32Array} x */
function expectations(q, decoder, x) {
  const [firstRule, secondRule] = rulesFor(q.stddev);
  const z = new Float32Array(2);
  let reconstruction = 0;
  // Those of the prior's part are known.
  const [slope, curvature] = [Array.from(q.mean), [1, 1]];
  for (const [first, firstWeight] of firstRule) {
    for (const [second, secondWeight] of secondRule) {
      const t = [first, second];
      for (const axis of [0, 1]) z[axis] = q.mean[axis] + q.stddev[axis] * t[axis];
      const share = firstWeight * secondWeight * costAt(decoder, x, z);
      reconstruction += share;
      for (const axis of [0, 1]) {
        slope[axis] += (share * t[axis]) / q.stddev[axis];
        curvature[axis] += (share * (t[axis] ** 2 - 1)) / q.stddev[axis] ** 2;
      }
    }
  }
  return { nats: reconstruction + sumOfKl(klParts(q)), slope, curvature };
}

/** @param {Q} q @param {number[]} slope @param {number[]} curvature @returns {Q} */
function stepped({ mean, stddev }, slope, curvature) {
  const within = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) => Math.min(high, Math.max(low, value));
  const narrowed = stddev.map((sigma, axis) => {
    const wanted = curvature[axis] > 0 ? 1 / Math.sqrt(curvature[axis]) : Infinity;
    return within(wanted, sigma / MOST, sigma * MOST);
  });
  return {
    mean: mean.map((mu, axis) => mu - within(narrowed[axis] ** 2 * slope[axis], -MOST * stddev[axis], MOST * stddev[axis])),
    stddev: narrowed,
  };
}
