// Exact inference for a scene, by the kit's engine. It runs on the page's own thread and leaves it free in each frame:
// a scene asks for little, and for its own points.

import { BatchedDecoder } from "../../browser/inference/batched_decoder.js";
import { densityOf } from "../../browser/inference/densities.js";
import { Joint, KeptModel } from "../../browser/inference/joint.js";
import { loadKernel } from "../../browser/inference/kernel.js";
import { termsInSteps } from "../../browser/net/quadrature.js";

/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */

const MOST_KEPT = 4000; // decoded points of each decoder: 13 MB
const SLICE_MS = 8; // of each frame
const BINARY = /** @type {import("../../wire.js").Likelihood} */ ({ name: "bernoulli" });
const GRID = { half: 4, step: 0.2 }; // of the search for a mode, in units of z
const STARTS = 6; // points of the grid from which it goes on
const FINER = [0.05, 0.0125, 0.003]; // the steps of the grids around each, 9 x 9

/** @type {WeakMap<Decoder, Promise<KeptModel>>} */
const models = new WeakMap();

/** @param {Decoder} decoder of binary pixels */
function modelOf(decoder) {
  const found = models.get(decoder) ?? makeModel(decoder);
  models.set(decoder, found);
  return found;
}

/** @param {Decoder} decoder */
async function makeModel({ network }) {
  return new KeptModel(new BatchedDecoder(await loadKernel(), network.layers, densityOf("bernoulli", 0)), MOST_KEPT);
}

/** log p(x, z) of an image. What awaits it rejects when the scene is left. @param {Decoder} decoder
 * @param {Float32Array} x in {0, 1} @param {AbortSignal} signal */
export async function jointOf(decoder, x, signal) {
  let slice = performance.now();
  const pause = async () => {
    if (performance.now() - slice >= SLICE_MS) {
      await new Promise(requestAnimationFrame);
      slice = performance.now();
    }
    signal.throwIfAborted();
  };
  return new Joint(await modelOf(decoder), x, pause);
}

/** What comes of some work, or null if its scene was left meanwhile. @template T @param {AbortSignal} signal
 * @param {() => Promise<T>} work @returns {Promise<T | null>} */
export async function orNull(signal, work) {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** The mode of p(z|x), which is that of p(x, z), from an even grid and from other places.
 * @param {Joint} joint @param {Float32Array[]} others [2] each */
export async function modeOf(joint, others) {
  const coarse = gridAround([0, 0], GRID.half, GRID.step);
  const logs = await joint.at(coarse);
  const best = Array.from(logs.keys()).sort((a, b) => logs[b] - logs[a]).slice(0, STARTS);
  let found = { z: others[0], nats: Infinity };
  for (const start of [...others, ...best.map((i) => Float32Array.from(coarse.subarray(2 * i, 2 * i + 2)))]) {
    const end = await climbed(joint, start);
    if (end.nats < found.nats) found = end;
  }
  return found;
}

/** The best of ever finer grids, each around the best of the one before. @param {Joint} joint @param {Float32Array} start */
async function climbed(joint, start) {
  let best = { z: start, nats: Infinity };
  for (const step of FINER) {
    const points = gridAround(best.z, 4 * step, step);
    const logs = await joint.at(points);
    const at = logs.indexOf(logs.reduce((a, b) => Math.max(a, b)));
    best = { z: Float32Array.from(points.subarray(2 * at, 2 * at + 2)), nats: -logs[at] };
  }
  return best;
}

/** @param {ArrayLike<number>} centre @param {number} half @param {number} step @returns {Float64Array} [P, 2] */
function gridAround(centre, half, step) {
  const count = Math.round((2 * half) / step) + 1;
  return Float64Array.from({ length: 2 * count * count }, (_, i) => {
    const point = i >> 1;
    return centre[i & 1] - half + step * (i & 1 ? Math.floor(point / count) : point % count);
  });
}

/** -ELBO in nats, within 0.05, at once. @param {import("../../browser/net/encoder.js").Posterior} q
 * @param {Decoder} decoder @param {Float32Array} x in {0, 1} */
export function negativeElbo(q, decoder, x) {
  const steps = termsInSteps(q, decoder, x, BINARY, 0);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.total;
  }
}

/** A Gaussian of the engine as the kit's encoders give it. @param {import("../../browser/inference/gaussian.js").Gaussian} q */
export function asPosterior({ mean, tril: [[first], [, second]] }) {
  return { mean: Float32Array.from(mean), stddev: Float32Array.of(first, second) };
}
