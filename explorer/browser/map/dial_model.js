// The shipped dial on a map: its decoder at any KL weight, and the codes there, interpolated in a table.

import { DialDecoder } from "../net/dial.js";
import { PIXELS_OF } from "../net/likelihood.js";
import { fetchOnce } from "../net/tensors.js";
import { medians } from "./loading.js";
import { fitView, reachOf } from "./view.js";

/** @typedef {import("./loading.js").Loaded} Loaded */
/** @typedef {import("../../wire.js").Dial} Dial */
/** Rows of the table and what each counts for. @typedef {[number, number][]} Weights */

/** @param {Dial} dial @returns {Promise<DialModel>} */
export function fetchDial(dial) {
  return fetchOnce(dial.url, (tensors) => new DialModel(tensors, dial));
}

export class DialModel {
  /** @param {import("../net/tensors.js").Tensors} tensors @param {Dial} dial */
  constructor(tensors, dial) {
    const floats = /** @type {Object<string, Float32Array>} */ (tensors);
    this.places = Float64Array.from(floats["table.betas"], Math.log);
    this.metrics = dial.metrics;
    const label = /** @type {Uint8Array} */ (tensors["table.label"]);
    const rows = (/** @type {string} */ name) => rowsOf(floats[`table.${name}`], this.places.length);
    /** In the table sigma is interpolated as its logarithm, so that it stays positive. */
    this.table = { mean: rows("mean"), stddev: rows("stddev"), reconstruction: rows("reconstruction"), kl: rows("kl") };
    for (const row of this.table.stddev) for (let i = 0; i < row.length; i++) row[i] = Math.log(row[i]);
    this.reaches = this.table.mean.map(reachOf);
    this.labelPositions = this.table.mean.map((mean) => medians(mean, label));
    this.films = new DialDecoder(tensors, dial, PIXELS_OF[dial.model.likelihood.name].mean);
    const like = (/** @type {Float32Array[]} */ [row]) => new Float32Array(row.length);
    this.codes = {
      mean: like(this.table.mean),
      stddev: like(this.table.stddev),
      reconstruction: like(this.table.reconstruction),
      kl: like(this.table.kl),
      label,
      labelPositions: this.labelPositions[0].map((place) => [...place]),
    };
  }

  /** The model at a KL weight. Its arrays and decoder are overwritten by the next call. @param {number} beta
   * @returns {Loaded} */
  at(beta) {
    const weights = this.weightsAt(Math.log(beta));
    for (const name of /** @type {const} */ (["mean", "stddev", "reconstruction", "kl"])) {
      mixRows(this.table[name], weights, this.codes[name]);
    }
    const { mean, stddev, labelPositions } = this.codes;
    for (let i = 0; i < stddev.length; i++) stddev[i] = Math.exp(stddev[i]);
    labelPositions.forEach((place, digit) => {
      for (const axis of [0, 1]) place[axis] = sum(weights, (row) => this.labelPositions[row][digit][axis]);
    });
    this.films.turn(beta);
    const reach = Math.max(...weights.map(([row]) => this.reaches[row]));
    return { ...this.codes, decoder: this.films.decoder, fit: fitView(mean), reach };
  }

  /** The averages over the images at a KL weight. @param {number} beta @returns {Object<string, number>} */
  metricsAt(beta) {
    const weights = this.weightsAt(Math.log(beta));
    const names = Object.keys(this.metrics[0]);
    return Object.fromEntries(names.map((name) => [name, sum(weights, (row) => this.metrics[row][name])]));
  }

  /** Cubic Hermite interpolation with the slopes of the neighbours: its error falls with the fourth power of the rows'
   * distance, that of linear interpolation with the square. @param {number} place log beta @returns {Weights} */
  weightsAt(place) {
    const { places } = this;
    const last = places.length - 1;
    const row = Math.min(last - 1, Math.max(0, places.findLastIndex((each) => each <= place)));
    const length = places[row + 1] - places[row];
    const t = (place - places[row]) / length;
    const weights = new Map([[row, 1 - t * t * (3 - 2 * t)], [row + 1, t * t * (3 - 2 * t)]]);
    const slopes = [t * (1 - t) ** 2, t * t * (t - 1)];
    slopes.forEach((share, end) => {
      const [before, after] = [Math.max(0, row + end - 1), Math.min(last, row + end + 1)];
      const part = (share * length) / (places[after] - places[before]);
      weights.set(after, (weights.get(after) ?? 0) + part);
      weights.set(before, (weights.get(before) ?? 0) - part);
    });
    return [...weights];
  }
}

/** @param {Float32Array} values [rows, ...] @param {number} count of rows */
function rowsOf(values, count) {
  const length = values.length / count;
  return Array.from({ length: count }, (_, row) => values.subarray(row * length, (row + 1) * length));
}

/** @param {Float32Array[]} rows @param {Weights} weights @param {Float32Array} into is overwritten */
function mixRows(rows, weights, into) {
  into.fill(0);
  for (const [row, weight] of weights) {
    const values = rows[row];
    for (let i = 0; i < into.length; i++) into[i] += weight * values[i];
  }
}

/** @param {Weights} weights @param {(row: number) => number} valueOf */
function sum(weights, valueOf) {
  return weights.reduce((total, [row, weight]) => total + weight * valueOf(row), 0);
}
