// The encoder q(z|x), for images that exist only in the browser: those that the visitor draws.

import { FilmedLayers } from "./dial.js";
import { fetchOnce } from "./tensors.js";
import { Network } from "./network.js";

/** q(z|x), a Gaussian with independent dimensions.
 * @typedef {{mean: Float32Array, stddev: Float32Array}} Posterior both [2] */

export const MIN_LOG_STDDEV = -12; // as in models/vae.py, both
export const MAX_LOG_STDDEV = 12;

export class Encoder {
  /** @param {import("./tensors.js").Tensors} tensors with encoder.0.weight, encoder.0.bias, ... */
  constructor(tensors) {
    this.network = new Network(tensors, "encoder");
  }

  /** @param {Float32Array} x [784] as the model sees it: {0, 1}, or grey levels 0..1 for Gaussian pixels
   * @returns {Posterior} */
  encode(x) {
    const outputs = this.network.run(x);
    const latents = outputs.length / 2;
    const held = outputs.slice(latents).map((value) => Math.min(MAX_LOG_STDDEV, Math.max(MIN_LOG_STDDEV, value)));
    const stddev = held.map(Math.exp);
    return { mean: outputs.slice(0, latents), stddev };
  }
}

/** @param {string} url of a gzipped safetensors file; that of a dial ends in "#" and the KL weight
 * @returns {Promise<Encoder>} rejects if it cannot be fetched */
export function fetchEncoder(url) {
  const beta = Number(url.split("#")[1]);
  return fetchOnce(url, (tensors) => {
    if (!beta) return new Encoder(tensors);
    const layers = new FilmedLayers(tensors, "encoder");
    layers.turn(beta);
    return new Encoder(layers.folded);
  });
}
