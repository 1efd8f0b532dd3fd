// The models as points of the rate-distortion plane, and the frame that shows them.

import { sameKind } from "../../../browser/net/likelihood.js";
import { valueOf, withChosen } from "../table/measures.js";

/** @typedef {import("../../../wire.js").Choice} Choice */
/** @typedef {import("../../../browser/map/axes.js").Ink & import("../../../wire.js").TermColours} PlaneInk */
/** @typedef {{models: Choice[], seeds: import("../../../wire.js").Seed[], a: Choice, b: Choice, ink: PlaneInk}} PlaneState */
/** A model on the plane; unit: that of the distortion.
 * @typedef {{name: string, label: string, beta: number, curve: boolean, rate: number, distortion: number, unit: string}} Spot */
/** What the axes show, in nats. @typedef {{x: [number, number], y: [number, number]}} Frame */
/** A model that differs from one of the curve only in the seed.
 * @typedef {{beta: number, seed: number, rate: number, distortion: number}} SeedSpot */
/** @typedef {{spots: Spot[], seeds: SeedSpot[], frame: Frame, unit: string}} Scatter unit: that of the distortion */
/** @typedef {{width: number, height: number}} Size in pixels */

const VISIBLE_RANGE = 30; // nats of -ELBO from the best model; the model without KL is 120 away
const MIN_SPAN = 5; // nats per axis: less would magnify random differences
const ROOM = 0.08; // padding of an axis, as a share of its span
export const PLANE_MARGIN = { l: 72, r: 14, t: 40, b: 56 };

/** The one of A and B whose data set and likelihood the plane shows: A, unless only B's has a curve.
 * @param {PlaneState} state */
export function subjectOfPlane({ models, a, b }) {
  const [hasA, hasB] = [a, b].map((choice) => models.some((each) => each.from_scratch && sameKind(each, choice)));
  return hasB && !hasA ? b : a;
}

/** The models of that kind; those trained from scratch form the curve, in order of beta. @param {PlaneState} state */
export function spotsOf(state) {
  const { models, a, b } = state;
  const subject = subjectOfPlane(state);
  return withChosen(models, [a, b])
    .filter((choice) => sameKind(choice, subject))
    .map(spotOf)
    .sort((one, other) => Number(other.curve) - Number(one.curve) || one.beta - other.beta);
}

/** @param {Choice} choice @returns {Spot} */
function spotOf(choice) {
  const { name, label, beta, from_scratch, likelihood } = choice;
  const [rate, distortion] = ["kl", "reconstruction"].map((key) => valueOf(choice, key) ?? NaN);
  return { name, label, beta, curve: from_scratch, rate, distortion, unit: likelihood.unit };
}

/** The other seeds of the models of the curve. @param {PlaneState} state @returns {SeedSpot[]} */
export function seedSpotsOf(state) {
  const curve = spotsOf(state).filter((spot) => spot.curve);
  return state.seeds
    .filter(({ beta }) => curve.some((spot) => spot.beta === beta))
    .filter(({ seed }) => seed !== 0) // the shipped ones, which are on the curve
    .map(({ beta, seed, measures }) => ({ beta, seed, rate: measures.kl, distortion: measures.reconstruction }));
}

/** The frame of all models, or of those within VISIBLE_RANGE of the best. @param {Spot[]} spots @param {boolean} all
 * @returns {Frame} */
export function frameOf(spots, all) {
  const cost = (/** @type {Spot} */ { rate, distortion }) => rate + distortion;
  const best = Math.min(...spots.map(cost));
  const seen = spots.filter((spot) => all || cost(spot) <= best + VISIBLE_RANGE);
  const most = Math.max(MIN_SPAN, ...seen.map(({ rate }) => (1 + ROOM) * rate));
  return { x: [-0.03 * most, most], y: rangeWithRoom(seen.map(({ distortion }) => distortion)) }; // no rate is negative
}

/** @param {number[]} values @returns {[number, number]} */
function rangeWithRoom(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const half = Math.max(MIN_SPAN, (1 + 2 * ROOM) * (high - low)) / 2;
  return [(low + high) / 2 - half, (low + high) / 2 + half];
}

/** The position of a model in the frame; at the nearest point of its edge if it is outside. @param {Spot} spot
 * @param {Frame} frame */
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

/** The side of the frame beyond which a model lies. @param {Spot} spot @param {Frame} frame */
export function sideOf({ rate, distortion }, { x, y }) {
  if (distortion > y[1]) return "up";
  if (distortion < y[0]) return "down";
  return rate > x[1] ? "right" : "left";
}
