// Inference by looking up, without an encoder: the best of a fixed set of decoded points for x, and a Gaussian fitted
// from there; the counterpart of models/lookup.py, which has the equations and their sources.
//
// The worker gives it with each answer: ``looked_up`` of Inference, see answers.js. On a page's own thread:
//   const { z, start, q, before, after } = await lookUp(joint);

import { bestQ } from "./best_q.js";
import { elbo } from "./bound.js";
import { fixedPoints } from "./fixed_points.js";
import { diagonal } from "./gaussian.js";
import { logPrior } from "./joint.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** @typedef {import("./bound.js").Estimate} Estimate */
/** points: how many were compared; z [2]: the best, argmax_k p(x|z_k) p(z_k). start: the Gaussian there, before its
 * fit; q: after at most STEPS steps, its dimensions independent. before and after: the ELBO of start and of q, in nats.
 * @typedef {{points: number, z: number[], start: Gaussian, q: Gaussian, before: Estimate, after: Estimate}} LookedUp */

export const POINTS = 987; // near the origin 0.08 apart: the first of models.lookup.POINTS
export const STEPS = 5;
const STEP = 0.005; // of the numerical derivative, in units of z
const WIDEST = 1; // sigma
const Z = fixedPoints(POINTS);

/** The points are decoded once for a model and kept; then x costs one product with them, and 500 points more.
 * @param {Joint} joint @returns {Promise<LookedUp>} */
export async function lookUp(joint) {
  const logP = await joint.atKept("look up", Z);
  const best = logP.indexOf(logP.reduce((most, each) => Math.max(most, each)));
  if (best < 0) throw new RangeError("log p(x|z) is not finite.");
  const z = Array.from(Z.subarray(2 * best, 2 * best + 2));
  const start = diagonal({ mean: z, stddev: stddevAt(joint, z) });
  const q = (await bestQ(joint, start, false, STEPS)).pop() ?? start;
  return { points: POINTS, z, start, q, before: await elbo(joint, start), after: await elbo(joint, q) };
}

/** sigma_d = (1 / (1 + F_dd(z)) + h(z)^2 / 12)^(1/2): of the posterior's width there, and of the area h^2 = 1 / (K p(z))
 * for which one point stands. @param {Joint} joint @param {number[]} z */
function stddevAt(joint, z) {
  const area = Math.exp(-logPrior(z[0], z[1])) / POINTS;
  return fisherInformation(joint, z).map((each) => Math.min(WIDEST, Math.sqrt(1 / (1 + each) + area / 12)));
}

/** The diagonal of the Fisher information of p(x|z) about z, by KL(p(x|z - h) || p(x|z + h)) = (2 h)^2 F_dd / 2 and its
 * reverse. @param {Joint} joint @param {number[]} z [2] */
export function fisherInformation({ model, density }, [z1, z2]) {
  const around = [z1 - STEP, z2, z1 + STEP, z2, z1, z2 - STEP, z1, z2 + STEP];
  const decoded = model.decode(Float64Array.from(around));
  return [0, 2].map((first) => density.divergence(decoded, first, first + 1) / (2 * STEP) ** 2);
}
