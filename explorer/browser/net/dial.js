// A dial: one set of weights that makes a decoder for every KL weight; the twin of models/dial.py.

import { Decoder } from "./decoder.js";

/** @typedef {import("./tensors.js").Tensors} Tensors */
/** A layer of the dial, and the same layer at one KL weight; the films are [basis functions, outputs] row by row.
 * @typedef {{weight: Float32Array, bias: Float32Array, scale: Float32Array, shift: Float32Array,
 *   foldedWeight: Float32Array, foldedBias: Float32Array}} Layer */

export class DialDecoder {
  /** @param {Tensors} tensors see models.dial_table.browser_bytes
   * @param {{low: number, high: number}} range of the KL weight
   * @param {import("./likelihood.js").Pixels["mean"]} mean */
  constructor(tensors, { low, high }, mean) {
    this.low = Math.log(low);
    this.high = Math.log(high);
    const floats = /** @type {Object<string, Float32Array>} */ (tensors);
    this.centres = floats["basis.centres"];
    this.width = floats["basis.width"][0];
    /** @type {Layer[]} */
    this.layers = [];
    /** @type {Tensors} */
    const folded = {};
    for (let i = 0; `decoder.${i}.weight` in tensors; i += 2) {
      const [weight, bias, scale, shift] = ["weight", "bias", "scale", "shift"].map((part) => floats[`decoder.${i}.${part}`]);
      const [foldedWeight, foldedBias] = [weight.slice(), bias.slice()];
      folded[`decoder.${i}.weight`] = foldedWeight;
      folded[`decoder.${i}.bias`] = foldedBias;
      this.layers.push({ weight, bias, scale, shift, foldedWeight, foldedBias });
    }
    this.decoder = new Decoder(folded, mean);
  }

  /** Make ``decoder`` that of a KL weight. @param {number} beta */
  turn(beta) {
    const basis = this.basisAt(beta);
    for (const layer of this.layers) fold(layer, basis);
  }

  /** @param {number} beta @returns {Float64Array} the basis functions of log beta */
  basisAt(beta) {
    const position = (2 * Math.log(beta) - this.low - this.high) / (this.high - this.low);
    return Float64Array.from(this.centres, (centre) => Math.exp(-0.5 * ((position - centre) / this.width) ** 2));
  }
}

/** (1 + a) W and (1 + a) b + c, where a and c are the films at the basis. @param {Layer} layer @param {Float64Array} basis */
function fold({ weight, bias, scale, shift, foldedWeight, foldedBias }, basis) {
  const outputs = bias.length;
  const inputs = weight.length / outputs;
  for (let unit = 0; unit < outputs; unit++) {
    let [factor, added] = [1, 0];
    for (let k = 0; k < basis.length; k++) {
      factor += basis[k] * scale[k * outputs + unit];
      added += basis[k] * shift[k * outputs + unit];
    }
    foldedBias[unit] = factor * bias[unit] + added;
    for (let i = unit * inputs; i < (unit + 1) * inputs; i++) foldedWeight[i] = factor * weight[i];
  }
}
