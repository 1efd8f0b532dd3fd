// The ELBO and KL(q || p(z|x)) of one image by quadrature over q, each on its own nodes; their sum is log p(x). The
// counterpart of models/bound.py.

import { klToPrior, logDensityAt, placed } from "./gaussian.js";
import { even, hermite } from "./nodes.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** A quantity and an estimate of its numerical error, in nats. @typedef {{value: number, error: number}} Estimate */
/** Nodes xi [G, 2] and weights [G] of an expectation under N(0, I).
 * @typedef {{nodes: Float64Array, weights: Float64Array}} Rule */

const REACH = 6; // in units of q's sigma
const TOLERANCE = 1e-3; // nats
const FOR_ELBO = [...[6, 10, 16].map((count) => hermite(count)), ...[24, 32, 44, 60, 96].map((count) => even(count, REACH))];
const FOR_KL = [13, 19, 25, 33, 49, 65, 97].map((count) => even(count, REACH));

/** ELBO(q) = E_q[log p(x|z)] - KL(q || p(z)). @param {Joint} joint @param {Gaussian} q @returns {Promise<Estimate>} */
export async function elbo(joint, q) {
  const expected = await expectation(FOR_ELBO, ({ nodes }) => joint.logLikelihood(placed(q, nodes)));
  return { value: expected.value - klToPrior(q), error: expected.error + joint.rounding(q.mean) };
}

/** KL(q || p(z|x)) = E_q[log q(z) - log p(x, z)] + log p(x).
 * @param {Joint} joint @param {Gaussian} q @param {number} logEvidence @returns {Promise<Estimate>} */
export async function klToPosterior(joint, q, logEvidence) {
  const { value, error } = await expectation(FOR_KL, async ({ nodes }) => {
    const logP = await joint.at(placed(q, nodes));
    return logP.map((each, i) => logDensityAt(q, nodes[2 * i], nodes[2 * i + 1]) - each);
  });
  return { value: value + logEvidence, error: error + joint.rounding(q.mean) };
}

/** The square of a rule along one axis. @param {import("./nodes.js").Axis} axis @returns {Rule} */
export function squared({ nodes, weights }) {
  const every = nodes.flatMap((first) => nodes.flatMap((second) => [first, second]));
  const products = weights.flatMap((first) => weights.map((second) => first * second));
  return { nodes: Float64Array.from(every), weights: Float64Array.from(products) };
}

/** By the first rule that changes the result little. @param {import("./nodes.js").Axis[]} axes
 * @param {(rule: Rule) => Promise<Float64Array>} integrand at the nodes of a rule @returns {Promise<Estimate>} */
async function expectation(axes, integrand) {
  let [value, error] = [NaN, Infinity];
  for (const axis of axes) {
    const rule = squared(axis);
    const values = await integrand(rule);
    const finer = values.reduce((sum, each, i) => sum + rule.weights[i] * each, 0);
    if (!Number.isFinite(finer)) throw new RangeError("The expectation under q is not finite.");
    if (!Number.isNaN(value)) error = Math.abs(finer - value);
    value = finer;
    if (error <= TOLERANCE) break;
  }
  return { value, error };
}
