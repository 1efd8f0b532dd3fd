// Loads a model and its images in the form that a map needs.

import { Decoder } from "../net/decoder.js";
import { PIXELS_OF } from "../net/likelihood.js";
import { Images } from "../ui/pictures.js";
import { fetchOnce } from "../net/tensors.js";
import { fitView, reachOf } from "./view.js";

/** The codes of N images and the decoder. mean and stddev are [N, 2], reconstruction and kl [N] in nats;
 * fit and reach: see view.js;
 * labelPositions: where the name of each class is drawn, [class][2].
 * @typedef {{decoder: Decoder, mean: Float32Array, stddev: Float32Array, reconstruction: Float32Array,
 *   kl: Float32Array, label: Uint8Array, fit: import("./view.js").View, reach: number,
 *   labelPositions: number[][]}} Loaded */

/** @param {string} url @param {import("../net/likelihood.js").Likelihood} likelihood @returns {Promise<Loaded>} */
export function fetchModel(url, likelihood) {
  return fetchOnce(url, (tensors) => {
    const [mean, stddev, reconstruction, kl] = ["mean", "stddev", "reconstruction", "kl"].map(
      (name) => /** @type {Float32Array} */ (tensors[`codes.${name}`]),
    );
    const label = /** @type {Uint8Array} */ (tensors["codes.label"]);
    const labelPositions = medians(mean, label);
    const decoder = new Decoder(tensors, PIXELS_OF[likelihood.name].mean);
    const window = { fit: fitView(mean), reach: reachOf(mean) };
    return { decoder, mean, stddev, reconstruction, kl, label, ...window, labelPositions };
  });
}

/** @param {string} url @returns {Promise<Images>} */
export function fetchImages(url) {
  return fetchOnce(url, (tensors) => new Images(tensors));
}

/** The median code of each class, by which its name is drawn. @param {Float32Array} mean @param {Uint8Array} label */
export function medians(mean, label) {
  return rowsOfClasses(label).map((rows) => [0, 1].map((axis) => {
    const values = new Float32Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = mean[2 * rows[i] + axis];
    return values.sort()[rows.length >> 1] ?? 0;
  }));
}

/** @param {Uint8Array} label */
function rowsOfClasses(label) {
  /** @type {number[][]} */
  const rows = Array.from({ length: 10 }, () => []);
  for (let row = 0; row < label.length; row++) rows[label[row]].push(row);
  return rows;
}
