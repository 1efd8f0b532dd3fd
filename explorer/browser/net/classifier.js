// Describes a decoded picture in words, with the classifier of models/classifier.py.

import { fetchOnce } from "./tensors.js";
import { Network, relu } from "./network.js";

const CONFIDENT = 0.9; // the least probability of the likeliest digit to be confident, as in models/classifier.py

/** The data set that it was trained on; it can describe decoded pictures of no other. */
export const CLASSIFIED = "MNIST";

export class Classifier {
  /** @param {import("./tensors.js").Tensors} tensors with classifier.0.weight, classifier.0.bias, ... */
  constructor(tensors) {
    this.network = new Network(tensors, "classifier", relu);
  }

  /** The probability of each digit. @param {Float32Array} pixels [784] in 0..1 @returns {Float32Array} [10] */
  probabilities(pixels) {
    const outputs = this.network.run(pixels);
    const most = Math.max(...outputs);
    const powers = outputs.map((output) => Math.exp(output - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }

  /** @param {Float32Array} pixels [784] in 0..1 @returns {string} "looks like a 3 (97 %)", or "unclear, most like ..." */
  describe(pixels) {
    const probabilities = this.probabilities(pixels);
    const most = Math.max(...probabilities);
    const digit = probabilities.indexOf(most);
    const how = most >= CONFIDENT ? "looks like" : "unclear, most like";
    return `${how} ${digit === 8 ? "an" : "a"} ${digit} (${Math.round(100 * most)} %)`;
  }
}

/** @param {string} url of a gzipped safetensors file @returns {Promise<Classifier>} rejects if it cannot be fetched */
export function fetchClassifier(url) {
  return fetchOnce(url, (tensors) => new Classifier(tensors));
}
