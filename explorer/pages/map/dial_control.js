// The dial of the KL weight: one model for every weight, loaded after the map, and what it is like at each.

import { element } from "../../browser/ui/dom.js";
import { DialTrack } from "../../browser/map/dial_track.js";
import { lossOf } from "../../browser/map/panel.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { RateDistortion } from "./rate_distortion.js";

/** @typedef {import("../../browser/map/dial_model.js").DialModels} DialModels */
/** @typedef {import("../../wire.js").Model} Model */

const LESS = 0.8; // of the spread of a model for one weight alone: a smaller share is explained

export class DialControl {
  /** @param {HTMLElement} root of the page @param {Model[]} models @param {AbortSignal} signal
   * @param {(beta: number, final: boolean) => void} turn see LogDial */
  constructor(root, models, signal, turn) {
    const box = /** @type {HTMLElement} */ (root.querySelector(".lse-dial"));
    this.track = new DialTrack(box, models, signal, turn);
    this.models = models;
    this.words = element("p", "lse-quiet");
    this.words.dataset.testid = "dial-words";
    box.append(this.words);
    this.spread = /** @type {HTMLElement} */ (root.querySelector(".lse-spread"));
    /** The miniature of the dial that a hand turns. */
    this.figure = element("div", "");
  }

  /** Show the dial that a hand turns, where the current model stands on it, and what it is like there.
   * @param {DialModels | undefined} dial @param {Model} model */
  show(dial, model) {
    if (dial && dial !== this.track.dial) {
      this.curve = new RateDistortion(dial.data.metrics);
      this.figure.replaceChildren(this.curve.figure);
    }
    this.track.show(dial, model.beta);
    this.words.textContent = dial ? wordsOf(dial, model) : "";
    this.spread.textContent = dial?.has(model) ? spreadAt(dial, markNear(dial, model), this.models) : "";
  }

  /** Show where the current model stands, also while the dial moves. @param {Model} model */
  showPlace(model) {
    const { reconstruction, kl } = model.metrics;
    const { dial } = this.track;
    this.curve?.show(dial && sameKind(model, dial.data.model) ? { reconstruction, kl } : null);
  }
}

/** @param {DialModels} dial @param {Model} model the current one */
function wordsOf(dial, model) {
  const { low, high, model: own } = dial.data;
  const trained = `one network that was trained for every β from ${low} to ${high}`;
  if (!dial.has(model)) return `The dial turns ${own.kept ? `“${own.label}”, ` : ""}${trained}.`;
  return `One network for every β. ${lossAt(dial, markNear(dial, model))}`;
}

/** The mark that is nearest to where the dial stands. @param {DialModels} dial @param {Model} model one of the dial's */
function markNear(dial, model) {
  const distance = (/** @type {number} */ mark) => Math.abs(Math.log(mark / model.beta));
  return [...dial.data.marks].sort((a, b) => distance(a) - distance(b))[0];
}

/** The dial's loss beside that of models for one weight alone. @param {DialModels} dial @param {number} mark */
function lossAt(dial, mark) {
  const { data } = dial;
  const { reconstruction, kl } = dial.metricsAt(mark);
  const loss = `At β = ${mark} its loss is ${lossOf({ reconstruction, kl }, mark, true).toFixed(1)} ${data.model.likelihood.unit_per_image}`;
  const [seeds, alone] = [data.seeds, data.dedicated].map((all) => all.find((each) => each.beta === mark));
  const likewise = seeds ? `, over ${seeds.seeds} seeds ${rangeOf(seeds)}` : "";
  if (!alone) return `${loss}${likewise}.`;
  return `${loss}${likewise}; ${alone.seeds} networks for β = ${mark} alone have ${rangeOf(alone)}.`;
}

/** Why the dial's codes spread less than those of the model for one weight alone, where they do.
 * @param {DialModels} dial @param {number} mark @param {Model[]} models */
function spreadAt(dial, mark, models) {
  const alone = models.find((model) => model.from_scratch && model.beta === mark && sameKind(model, dial.data.model));
  const [{ spread }, theirs] = [dial.metricsAt(mark), alone?.metrics.spread ?? NaN];
  if (!(spread < LESS * theirs)) return "";
  return `At β = ${mark} the dial’s codes spread less than those of a network for it alone, ${spread.toFixed(1)} against ${theirs.toFixed(1)} units of z: for any β > 0 the loss is least at a spread of about 1, and with a small β alone a network gets there slowly.`;
}

/** @param {import("../../wire.js").LossRange} losses */
function rangeOf({ low, high }) {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}
