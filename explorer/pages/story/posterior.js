// p(z|x) and log p(x) of one image under one decoder, on a grid that is fine where they are large.

import { costAt, costsIn, priorCost, tableOf, TABLE_STEP } from "./joint.js";
import { inSlices } from "../../browser/ui/slices.js";

/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */
/** A Gaussian q. @typedef {import("../../browser/net/encoder.js").Posterior} Q */
/** The middles of the finest cells, [N, 2], each with log p(x, z) in nats; the width of a cell, in units of z; log p(x),
 * and how much it differs, in nats, from the same sum over cells of twice the width.
 * @typedef {{points: Float32Array, logs: Float64Array, width: number, logEvidence: number, error: number}} Posterior */

const QUARTERED = 4; // times that a cell is cut: 0.2, 0.1, ... 0.0125 units of z
/** How many nats below the best a cell may be and still be cut, at each level: a coarse one may hide a peak. */
const KEPT = [40, 30, 22, 18];

/** @param {Decoder} decoder @param {Float32Array} x in {0, 1} @param {AbortSignal} signal
 * @returns {Promise<Posterior | null>} */
export async function posteriorOf(decoder, x, signal) {
  const table = await tableOf(decoder);
  if (!table || signal.aborted) return null;
  const logs = costsIn(table, x).map((nats, i) => -nats - priorCost(table.points, 2 * i));
  return inSlices(refined(decoder, x, table.points, logs), () => signal.aborted);
}

/** @param {Decoder} decoder @param {Float32Array} x @param {Float32Array} points @param {Float64Array} logs of the first
 * level @returns {Generator<void, Posterior, void>} */
function* refined(decoder, x, points, logs) {
  let width = TABLE_STEP;
  let coarser = NaN;
  for (let level = 0; level < QUARTERED; level++) {
    coarser = logSum(logs) + 2 * Math.log(width);
    const best = Math.max(...logs);
    const kept = Array.from(logs.keys()).filter((i) => logs[i] > best - KEPT[level]);
    width /= 2;
    const shifts = [[-1, -1], [1, -1], [-1, 1], [1, 1]];
    const cut = kept.flatMap((i) => shifts.flatMap(([right, up]) => [points[2 * i] + (right * width) / 2, points[2 * i + 1] + (up * width) / 2]));
    points = Float32Array.from(cut);
    logs = new Float64Array(points.length / 2);
    for (let i = 0; i < logs.length; i++) {
      const z = points.subarray(2 * i, 2 * i + 2);
      logs[i] = -costAt(decoder, x, z) - priorCost(z);
      yield;
    }
  }
  const logEvidence = logSum(logs) + 2 * Math.log(width);
  return { points, logs, width, logEvidence, error: Math.abs(logEvidence - coarser) };
}

/** log of the sum of exp. @param {Float64Array} logs */
function logSum(logs) {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

/** The mean and stddev of p(z|x). @param {Posterior} posterior @returns {Q} */
export function momentsOf({ points, logs, logEvidence, width }) {
  const [mean, stddev] = [new Float32Array(2), new Float32Array(2)];
  const weights = logs.map((log) => Math.exp(log - logEvidence) * width ** 2);
  for (const axis of [0, 1]) {
    weights.forEach((weight, i) => (mean[axis] += weight * points[2 * i + axis]));
    weights.forEach((weight, i) => (stddev[axis] += weight * (points[2 * i + axis] - mean[axis]) ** 2));
    stddev[axis] = Math.sqrt(stddev[axis]);
  }
  return { mean, stddev };
}

/** Shades of p(z|x) below the points of a map, for Scene's underlay.
 * @param {Posterior} posterior @param {() => {paper: number[], ink: number[]}} colours
 * @returns {(image: ImageData, view: import("../../browser/map/view.js").View) => void} */
export function shadesOf({ points, logs, width }, colours) {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const key = (/** @type {number} */ z1, /** @type {number} */ z2) => Math.floor(z1 / width) * 65_536 + Math.floor(z2 / width);
  const shades = new Map(Array.from(logs, (log, i) => [key(points[2 * i], points[2 * i + 1]), Math.exp((log - most) / 2)]));
  return (image, { x, y, half }) => {
    const { paper, ink } = colours();
    const unit = (2 * half) / image.width;
    for (let row = 0, at = 0; row < image.height; row++) {
      for (let column = 0; column < image.width; column++, at += 4) {
        const shade = shades.get(key(x - half + (column + 0.5) * unit, y + half - (row + 0.5) * unit));
        if (shade) for (let k = 0; k < 3; k++) image.data[at + k] = paper[k] + (ink[k] - paper[k]) * shade;
      }
    }
  };
}
