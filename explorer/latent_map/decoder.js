// The decoder p(x|z).

import { Network } from "./network.js";

export class Decoder {
  /** @param {import("./tensors.js").Tensors} tensors with decoder.0.weight, decoder.0.bias, decoder.2.weight, ... */
  constructor(tensors) {
    this.network = new Network(tensors, "decoder");
  }

  /** The logits of the expected pixels: Float32Array [784], valid until the next call of this or of decode.
   * @param {Float32Array} z */
  logits(z) {
    return this.network.run(z);
  }

  /** The expected pixels E[x|z]: Float32Array [784] in 0..1, valid until the next call of this or of logits.
   * @param {Float32Array} z */
  decode(z) {
    return sigmoid(this.logits(z));
  }
}

/** @param {Float32Array} values in place */
function sigmoid(values) {
  for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]));
  return values;
}
