// A dial: one set of weights that makes a network for every KL weight; the twin of models/dial.py.

/** @typedef {import("./tensors.js").Tensors} Tensors */
/** A layer of the dial, and the same layer at one KL weight; the films are [basis functions, outputs] row by row.
 * @typedef {{weight: Float32Array, bias: Float32Array, scale: Float32Array, shift: Float32Array,
 *   foldedWeight: Float32Array, foldedBias: Float32Array}} Layer */

export class FilmedLayers {
  /** @param {Tensors} tensors see models.dial_bytes.encoder_bytes @param {"encoder" | "decoder"} part */
  constructor(tensors, part) {
    const floats = /** @type {Object<string, Float32Array>} */ (tensors);
    this.centres = floats["basis.centres"];
    this.width = floats["basis.width"][0];
    /** @type {Layer[]} */
    this.layers = [];
    /** The layers at one KL weight, as those of any other model. @type {Tensors} */
    this.folded = {};
    for (let i = 0; `${part}.${i}.weight` in tensors; i += 2) {
      const [weight, bias, scale, shift] = ["weight", "bias", "scale", "shift"].map((name) => floats[`${part}.${i}.${name}`]);
      const [foldedWeight, foldedBias] = [weight.slice(), bias.slice()];
      this.folded[`${part}.${i}.weight`] = foldedWeight;
      this.folded[`${part}.${i}.bias`] = foldedBias;
      this.layers.push({ weight, bias, scale, shift, foldedWeight, foldedBias });
    }
  }

  /** Make ``folded`` the layers at a KL weight, in place. @param {number} beta */
  turn(beta) {
    const place = Math.log(beta);
    const basis = Float64Array.from(this.centres, (centre) => Math.exp(-0.5 * ((place - centre) / this.width) ** 2));
    for (const layer of this.layers) fold(layer, basis);
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
