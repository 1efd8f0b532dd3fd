// The decoder at many points of z at once. The result is what log p(x|z) needs of it, for every x.

import { Arena, ROWS, pack, padded } from "./kernel.js";

/** @typedef {import("./kernel.js").Kernel} Kernel */
/** @typedef {import("../net/network.js").Layer} Layer */
/** For P points. parameters [P, 784]: the logit of each pixel, or its mean, see densities.js; alone [P]: what does not
 * depend on x. @typedef {{parameters: Float32Array, alone: Float64Array}} Decoded */
/** Where a layer lies in the memory, in bytes, with what it gives for a batch.
 * @typedef {{weight: number, bias: number, values: number, inputs: number, outputs: number}} Placed */

export const BATCH = 144; // points: the inputs of a batch stay in the second cache
const BYTES = 4; // of a float32
const LATENTS = 2;

export class BatchedDecoder {
  /** @param {Kernel} kernel its memory is overwritten @param {Layer[]} layers
   * @param {import("./densities.js").Density} density */
  constructor(kernel, layers, density) {
    this.kernel = kernel;
    this.density = density;
    this.arena = new Arena(kernel);
    this.z = this.arena.take(LATENTS * BATCH);
    this.sums = this.arena.take(4 * BATCH); // two float64 of each point
    this.layers = layers.map((layer) => this.place(layer));
    this.pixels = layers[layers.length - 1].bias.length;
  }

  /** @param {Layer} layer @returns {Placed} */
  place({ weight, bias }) {
    const { arena } = this;
    const [inputs, outputs] = [weight.length / bias.length, padded(bias.length)];
    const [weightAt, biasAt, values] = [inputs * outputs, outputs, BATCH * outputs].map((count) => arena.take(count));
    arena.floats(weightAt, inputs * outputs).fill(0);
    arena.floats(biasAt, outputs).fill(0);
    arena.floats(biasAt, outputs).set(bias);
    pack(weight, bias.length, arena.floats(weightAt, inputs * outputs));
    return { weight: weightAt, bias: biasAt, values, inputs, outputs };
  }

  /** The decoder at points z [P, 2], at most BATCH of them; valid until the next call.
   * @param {ArrayLike<number>} z @returns {Decoded} */
  decode(z) {
    const points = z.length / LATENTS;
    const rows = ROWS * Math.ceil(points / ROWS);
    this.arena.floats(this.z, LATENTS * BATCH).set(z);
    const { kernel } = this;
    let [from, stride] = [this.z, LATENTS];
    this.layers.forEach(({ weight, bias, values, inputs, outputs }, i) => {
      kernel.multiply(from, BYTES * stride, BYTES, weight, bias, 0, values, BYTES * outputs, rows, inputs, outputs);
      if (i < this.layers.length - 1) kernel.silu(values, values + BYTES * rows * outputs);
      [from, stride] = [values, outputs];
    });
    return this.finish(from, points);
  }

  /** The rows of the logits have no gaps: the pixels fill whole panels. @param {number} logits their address @param {number} points @returns {Decoded} */
  finish(logits, points) {
    const alone = this.density.finish(this.kernel, { logits, points, pixels: this.pixels, sums: this.sums });
    return { parameters: this.arena.floats(logits, points * this.pixels), alone };
  }
}
