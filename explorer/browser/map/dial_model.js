// Dials on a map: each is one model for every KL weight, with its decoder at any of them, and the codes there,
// interpolated in a table.

import { Decoder } from "../net/decoder.js";
import { FilmedLayers } from "../net/dial.js";
import { PIXELS_OF, sameKind } from "../net/likelihood.js";
import { fetchOnce } from "../net/tensors.js";
import { fetchModel, medians } from "./loading.js";
import { fitView, reachOf } from "./view.js";

/** @typedef {import("./loading.js").Loaded} Loaded */
/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../wire.js").Dial} Dial */
/** @typedef {import("../../wire.js").Model} Model */
/** Rows of the table and what each counts for. @typedef {[number, number][]} Weights */

/** A model in the form that a map needs, of a dial or another. Rejects with an Error if it cannot be fetched.
 * @param {Dials} dials of this map @param {Model} model @returns {Promise<Loaded>} */
export async function fetchAny(dials, model) {
  const dial = dials.of(model);
  // The first model of a page comes without the table, which is four times as long.
  const alone = !dial || (!dial.loaded && model.beta === 1);
  return alone ? fetchModel(model.url, model.likelihood) : (await dial.load()).at(model.beta);
}

/** All dials of one map. */
export class Dials {
  /** @param {Dial[]} data */
  constructor(data) {
    this.all = data.map((each) => new DialModels(each));
    /** The one whose model was shown last. @type {DialModels | undefined} */
    this.last = undefined;
  }

  /** The dial that a model belongs to. @param {{name: string}} model */
  of(model) {
    return this.all.find((dial) => dial.has(model));
  }

  /** The model with a name in a link, if it is one of a dial. @param {string} name */
  named(name) {
    return this.of({ name })?.named(name);
  }

  /** The dial that a hand turns while ``model`` is shown: its own, else the one shown last if it knows the same images,
   * else the first, which is the shipped one. @param {Model} model */
  under(model) {
    this.last = this.of(model) ?? this.last;
    return this.last && sameKind(this.last.data.model, model) ? this.last : this.all[0];
  }
}

/** One map's dial: its models by name and by KL weight. The table behind it is loaded with the first of them at another
 * weight than 1. */
export class DialModels {
  /** @param {Dial} data */
  constructor(data) {
    this.data = data;
    this.places = data.betas.map(Math.log);
    /** @type {DialModel | null} */
    this.loaded = null;
  }

  /** @param {{name: string}} model */
  has({ name }) {
    return name.split("@")[0] === this.data.model.name;
  }

  /** The model with a name in a link, "mnist-dial@0.37", at the KL weight of the table that is nearest as a ratio.
   * @param {string} name @returns {Choice | undefined} */
  named(name) {
    if (!this.has({ name })) return undefined;
    const wanted = Math.log(Number(name.split("@")[1]) || 1);
    const distances = this.places.map((place) => Math.abs(place - wanted));
    return this.at(this.data.betas[distances.indexOf(Math.min(...distances))]);
  }

  /** @param {number} exact the KL weight @returns {Choice} */
  at(exact) {
    const beta = Number(exact.toPrecision(3));
    const { model, encoder_url } = this.data;
    return {
      ...model,
      ...{ name: `${model.name}@${beta}`, label: `${model.label}, β = ${beta}`, beta },
      ...{ encoder_url: `${encoder_url}#${beta}`, measures: null, measuring: false },
      metrics: this.metricsAt(beta),
    };
  }

  /** The averages over the images at a KL weight. @param {number} beta @returns {Object<string, number>} */
  metricsAt(beta) {
    const { metrics } = this.data;
    const weights = weightsAt(this.places, Math.log(beta));
    return Object.fromEntries(Object.keys(metrics[0]).map((name) => [name, sum(weights, (row) => metrics[row][name])]));
  }

  /** Rejects with an Error if the table cannot be fetched. @returns {Promise<DialModel>} */
  async load() {
    const table = await fetchOnce(this.data.table_url, (tensors) => new DialTable(tensors));
    this.loaded ??= new DialModel(table, PIXELS_OF[this.data.model.likelihood.name].mean);
    return this.loaded;
  }
}

/** The codes at the KL weights of the table, and between them; shared by all maps. */
export class DialTable {
  /** @param {import("../net/tensors.js").Tensors} tensors see models.dial_bytes.decoder_bytes */
  constructor(tensors) {
    const floats = /** @type {Object<string, Float32Array>} */ (tensors);
    this.tensors = tensors;
    this.places = Float64Array.from(floats["table.betas"], Math.log);
    this.label = /** @type {Uint8Array} */ (tensors["table.label"]);
    const rows = (/** @type {string} */ name) => rowsOf(floats[`table.${name}`], this.places.length);
    /** Sigma is interpolated as its logarithm, so that it stays positive. */
    this.rows = { mean: rows("mean"), stddev: rows("stddev"), reconstruction: rows("reconstruction"), kl: rows("kl") };
    for (const row of this.rows.stddev) for (let i = 0; i < row.length; i++) row[i] = Math.log(row[i]);
    this.reaches = this.rows.mean.map(reachOf);
    this.labelPositions = this.rows.mean.map((mean) => medians(mean, this.label));
  }
}

/** The dial at one KL weight at a time. */
export class DialModel {
  /** @param {DialTable} table @param {import("../net/likelihood.js").Pixels["mean"]} mean */
  constructor(table, mean) {
    this.table = table;
    this.layers = new FilmedLayers(table.tensors, "decoder");
    this.decoder = new Decoder(this.layers.folded, mean);
    const like = (/** @type {Float32Array[]} */ [row]) => new Float32Array(row.length);
    const { rows, label } = table;
    this.codes = {
      ...{ mean: like(rows.mean), stddev: like(rows.stddev), label },
      ...{ reconstruction: like(rows.reconstruction), kl: like(rows.kl) },
      labelPositions: table.labelPositions[0].map((place) => [...place]),
    };
  }

  /** The model at a KL weight. Its arrays and decoder are overwritten by the next call. @param {number} beta
   * @returns {Loaded} */
  at(beta) {
    const { table, codes } = this;
    const weights = weightsAt(table.places, Math.log(beta));
    for (const name of /** @type {const} */ (["mean", "stddev", "reconstruction", "kl"])) {
      mixRows(table.rows[name], weights, codes[name]);
    }
    const { mean, stddev, labelPositions } = codes;
    for (let i = 0; i < stddev.length; i++) stddev[i] = Math.exp(stddev[i]);
    labelPositions.forEach((place, digit) => {
      for (const axis of [0, 1]) place[axis] = sum(weights, (row) => table.labelPositions[row][digit][axis]);
    });
    this.layers.turn(beta);
    const reach = Math.max(...weights.map(([row]) => table.reaches[row]));
    return { ...codes, decoder: this.decoder, fit: fitView(mean), reach };
  }
}

/** Cubic Hermite interpolation with the slopes of the neighbours: its error falls with the fourth power of the rows'
 * distance, that of linear interpolation with the square. @param {number[] | Float64Array} places log beta of each row
 * @param {number} place log beta @returns {Weights} */
function weightsAt(places, place) {
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
