// The models as points of the rate-distortion plane, and the window in which they are seen.

import { ofOneKind, siblingsOf, valueOf, withChosen } from "./measures.js";

/** @typedef {import("./measures.js").Choice} Choice */
/** @typedef {import("../latent_map/axes.js").Ink & {reconstruction: string, kl: string}} PlaneInk */
/** @typedef {{models: Choice[], seeds: import("./measures.js").Seed[], a: Choice, b: Choice, ink: PlaneInk}} PlaneState */
/** A model on the plane. @typedef {{name: string, label: string, beta: number, curve: boolean, rate: number, distortion: number}} Spot */
/** What the axes show, in nats. @typedef {{x: [number, number], y: [number, number]}} Frame */
/** @typedef {{spots: Spot[], seeds: {rate: number, distortion: number}[], frame: Frame,
 *   unit: string}} Scatter unit: that of the distortion */
/** @typedef {{width: number, height: number}} Size in pixels */

const WORTH_SEEING = 30; // nats of -ELBO from the best model: one without KL is 120 away, and would flatten all others
export const PLANE_MARGIN = { l: 58, r: 14, t: 40, b: 46 };

/** The models of A's kind: those trained from scratch make the curve, in order of beta. @param {PlaneState} state */
export function spotsOf({ models, a, b }) {
  return withChosen(models, [a, b])
    .filter((choice) => ofOneKind(choice, a))
    .map(spotOf)
    .sort((one, other) => Number(other.curve) - Number(one.curve) || one.beta - other.beta);
}

/** @param {Choice} choice @returns {Spot} */
function spotOf(choice) {
  const { name, label, beta, from_scratch } = choice;
  const [rate, distortion] = ["kl", "reconstruction"].map((key) => valueOf(choice, key) ?? NaN);
  return { name, label, beta, curve: from_scratch, rate, distortion };
}

/** Models that differ from those of the curve in the seed alone. @param {PlaneState} state */
export function seedSpotsOf({ models, seeds, a }) {
  return models
    .filter((choice) => choice.from_scratch && ofOneKind(choice, a))
    .flatMap((choice) => siblingsOf(choice, seeds).filter(({ kl }) => kl !== valueOf(choice, "kl")))
    .map(({ kl, reconstruction }) => ({ rate: kl, distortion: reconstruction }));
}

/** The window on all the models, or on those worth seeing. @param {Spot[]} spots @param {boolean} all @returns {Frame} */
export function frameOf(spots, all) {
  const cost = (/** @type {Spot} */ { rate, distortion }) => rate + distortion;
  const best = Math.min(...spots.map(cost));
  const seen = spots.filter((spot) => all || cost(spot) <= best + WORTH_SEEING);
  const [[, most], y] = [seen.map(({ rate }) => rate), seen.map(({ distortion }) => distortion)].map(rangeWithRoom);
  return { x: [-0.03 * most, most], y }; // no rate is negative
}

/** @param {number[]} values @returns {[number, number]} */
function rangeWithRoom(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.1 * (high - low) || 1;
  return [low - room, high + room];
}

/** Where a model is shown: in the frame, at its edge when it lies outside. @param {Spot} spot @param {Frame} frame */
export function shownAt({ rate, distortion }, { x, y }) {
  return { rate: clampTo(rate, x), distortion: clampTo(distortion, y) };
}

/** @param {number} value @param {[number, number]} range */
function clampTo(value, [low, high]) {
  return Math.min(high, Math.max(low, value));
}

/** @param {Spot} spot @param {Frame} frame */
export function isOutside(spot, frame) {
  const { rate, distortion } = shownAt(spot, frame);
  return rate !== spot.rate || distortion !== spot.distortion;
}

/** The model trained on the ELBO itself. @param {Spot[]} spots */
export function unitSpot(spots) {
  return spots.find(({ curve, beta }) => curve && beta === 1);
}

/** Beyond which side of the frame a model lies. @param {Spot} spot @param {Frame} frame */
export function sideOf({ rate, distortion }, { x, y }) {
  if (distortion > y[1]) return "up";
  if (distortion < y[0]) return "down";
  return rate > x[1] ? "right" : "left";
}
