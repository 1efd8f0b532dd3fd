// Whether an encoder put an image into the wrong place: how much of p(z|x) lies near its q. The counterpart of
// share_within and misplaced in models/lookup.py, which have the reasons. The shipped averages are by the q that is looked
// up among 6,765 points, and a page's by that among 987: of the first 1,000 test images 2 differ at beta = 1, 4 at 0.01.

import { placed } from "./gaussian.js";
import { logSum } from "./logs.js";
import { legendre } from "./nodes.js";

/** @typedef {import("./gaussian.js").Gaussian} Gaussian */

export const REACH = 4; // sigma
export const LEAST_SHARE = 0.01; // of p(z|x) within that reach; with less, q is in the wrong place
const [RADIAL, ROUND] = [10, 20]; // nodes along the radius and around the circle

const RULE = legendre(RADIAL);
const ANGLES = Array.from({ length: ROUND }, (_, i) => (2 * Math.PI * (i + 0.5)) / ROUND);
/** In a disc of radius REACH: nodes [G, 2], and the logs of their weights [G], which sum to its area. */
const NODES = Float64Array.from(
  RULE.nodes.flatMap((at) => ANGLES.flatMap((angle) => [REACH * at * Math.cos(angle), REACH * at * Math.sin(angle)])),
);
const LOG_WEIGHTS = RULE.weights.flatMap((weight, i) => {
  const each = Math.log((weight * RULE.nodes[i] * 2 * Math.PI * REACH ** 2) / ROUND);
  return ANGLES.map(() => each);
});

/** The share of p(z|x) within REACH sigma of the encoder's mean, of 1. sigma is that of either q, the larger along each
 * axis: an encoder's q that is only too narrow is at the right place.
 * @param {import("./joint.js").Joint} joint @param {Gaussian} encoders @param {Gaussian} own the q that was looked up;
 * the dimensions of both are independent @param {number} logEvidence */
export async function shareNear(joint, encoders, own, logEvidence) {
  const [first, second] = [0, 1].map((axis) => Math.max(encoders.tril[axis][axis], own.tril[axis][axis]));
  const logP = await joint.at(placed({ mean: encoders.mean, tril: [[first, 0], [0, second]] }, NODES));
  return Math.exp(logSum(LOG_WEIGHTS.map((each, i) => each + logP[i])) + Math.log(first * second) - logEvidence);
}
