// log p(x, z) of one image at points of z.

import { BATCH } from "./batched_decoder.js";

/** @typedef {import("./batched_decoder.js").Decoded} Decoded */

const LOG_2PI = Math.log(2 * Math.PI);
const ROUNDINGS = 4; // as in models/evidence.py
const EPSILON = 2 ** -23; // of float32

/** The decoder of a model, and what it gave on tiles: the first levels of the quadtree are the same for every image.
 * x of another image then costs one product with what is kept. */
export class KeptModel {
  /** @param {import("./batched_decoder.js").BatchedDecoder} decoder @param {number} most points kept */
  constructor(decoder, most) {
    this.decoder = decoder;
    this.free = most;
    /** @type {Map<string, Decoded>} */
    this.kept = new Map();
    this.decoded = 0; // points so far
  }

  /** @param {Float64Array} z [P, 2], at most BATCH points @returns {Decoded} valid until the next call */
  decode(z) {
    this.decoded += z.length / 2;
    return this.decoder.decode(z);
  }

  /** @param {string} key @param {Decoded} decoded at ``points`` points @param {number} points */
  keep(key, { parameters, alone }, points) {
    if (this.free < points) return;
    this.free -= points;
    this.kept.set(key, { parameters: parameters.slice(), alone });
  }
}

export class Joint {
  /** @param {KeptModel} model @param {Float32Array} x [784] as the model sees it
   * @param {() => Promise<void>} pause called after each batch: it lets others work, and rejects to end the work */
  constructor(model, x, pause) {
    this.model = model;
    this.density = model.decoder.density;
    this.x = x;
    this.inked = Uint16Array.from(x.keys()).filter((pixel) => x[pixel] !== 0);
    this.pause = pause;
  }

  /** log p(x|z) at points z [P, 2]: [P], in nats. @param {Float64Array} z */
  async logLikelihood(z) {
    const found = new Float64Array(z.length / 2);
    for (let from = 0; from < found.length; from += BATCH) {
      const part = z.subarray(2 * from, 2 * (from + BATCH));
      found.set(this.ofDecoded(this.model.decode(part), part.length / 2), from);
      await this.pause();
    }
    return found;
  }

  /** log p(x, z) at points z [P, 2]: [P], in nats. @param {Float64Array} z */
  async at(z) {
    return plusPrior(await this.logLikelihood(z), z);
  }

  /** log p(x, z) likewise, at points that every image of this model needs. @param {string} key of these points
   * @param {Float64Array} z */
  async atKept(key, z) {
    const found = new Float64Array(z.length / 2);
    for (let from = 0; from < found.length; from += BATCH) {
      found.set(await this.ofKept(`${key} ${from}`, z.subarray(2 * from, 2 * (from + BATCH))), from);
    }
    return plusPrior(found, z);
  }

  /** log p(x|z) at points that are kept, or that will be. @param {string} key
   * @param {Float64Array} z at most BATCH of them */
  async ofKept(key, z) {
    const { model } = this;
    const points = z.length / 2;
    const kept = model.kept.get(key);
    if (kept) return this.ofDecoded(kept, points);
    const decoded = model.decode(z);
    model.keep(key, decoded, points);
    const found = this.ofDecoded(decoded, points);
    await this.pause();
    return found;
  }

  /** @param {Decoded} decoded @param {number} points */
  ofDecoded(decoded, points) {
    const { density, x, inked } = this;
    const found = new Float64Array(points);
    for (let point = 0; point < points; point++) found[point] = density.logLikelihood(decoded, point, x, inked);
    return found;
  }

  /** A bound on the rounding error of log p(x|z) at one z, see models.evidence.rounding.
   * @param {ArrayLike<number>} z @returns {number} in nats */
  rounding(z) {
    return ROUNDINGS * EPSILON * this.density.magnitude(this.model.decode(Float64Array.from(z)), 0, this.x);
  }

  /** An upper bound of log p(x|z) over all z, in nats. */
  get highest() {
    return this.density.highest(this.x.length);
  }
}

/** The log density of N(0, I). @param {number} z1 @param {number} z2 */
export function logPrior(z1, z2) {
  return -LOG_2PI - (z1 * z1 + z2 * z2) / 2;
}

/** @param {Float64Array} nats [P] @param {Float64Array} z [P, 2] */
function plusPrior(nats, z) {
  return nats.map((each, point) => each + logPrior(z[2 * point], z[2 * point + 1]));
}
