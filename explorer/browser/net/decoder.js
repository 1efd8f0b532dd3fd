// The decoder p(x|z).

import { sigmoid } from "./likelihood.js";
import { Network } from "./network.js";

export class Decoder {
  /** @param {import("./tensors.js").Tensors} tensors with decoder.0.weight, decoder.0.bias, decoder.2.weight, ...
   * @param {import("./likelihood.js").Pixels["mean"]} mean */
  constructor(tensors, mean = sigmoid) {
    this.network = new Network(tensors, "decoder");
    this.mean = mean;
  }

  /** The logits of the pixels: Float32Array [784], valid until the next call of this or of decode.
   * @param {Float32Array} z */
  logits(z) {
    return this.network.run(z);
  }

  /** The expected pixels E[x|z]: Float32Array [784] in 0..1, valid until the next call of this or of logits.
   * @param {Float32Array} z */
  decode(z) {
    return this.mean(this.logits(z));
  }
}
