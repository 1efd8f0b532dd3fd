// The dial of the KL weight: one model for every weight, loaded after the map, and what it is like at each.

import { element } from "../../browser/ui/dom.js";
import { DialTrack } from "../../browser/map/dial_track.js";
import { lossOf } from "../../browser/map/panel.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { RateDistortion } from "./rate_distortion.js";

/** @typedef {import("../../browser/map/dial_model.js").DialModels} DialModels */
/** @typedef {import("../../wire.js").Model} Model */

export class DialControl {
  /** @param {HTMLElement} root of the page @param {Model[]} models @param {AbortSignal} signal
   * @param {(beta: number, final: boolean) => void} turn see LogDial */
  constructor(root, models, signal, turn) {
    const box = /** @type {HTMLElement} */ (root.querySelector(".lse-dial"));
    this.track = new DialTrack(box, models, signal, turn);
    this.words = element("p", "lse-quiet");
    this.words.dataset.testid = "dial-words";
    box.append(this.words);
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
  return `One network, trained for every β. ${lossAt(dial, model.beta)}`;
}

/** The dial's loss beside that of models for one weight alone, at the named weight that is nearest.
 * @param {DialModels} dial @param {number} beta */
function lossAt({ data, loaded }, beta) {
  const distance = (/** @type {number} */ mark) => Math.abs(Math.log(mark / beta));
  const [mark] = [...data.marks].sort((a, b) => distance(a) - distance(b));
  const { reconstruction, kl } = loaded?.table.metricsAt(mark) ?? { reconstruction: NaN, kl: NaN };
  const loss = `At β = ${mark} its loss is ${lossOf({ reconstruction, kl }, mark, true).toFixed(1)} ${data.model.likelihood.unit_per_image}`;
  const [seeds, alone] = [data.seeds, data.dedicated].map((all) => all.find((each) => each.beta === mark));
  const likewise = seeds ? `, and ${rangeOf(seeds)} over ${seeds.seeds} seeds` : "";
  if (!alone) return `${loss}${likewise}.`;
  return `${loss}${likewise}; ${alone.seeds} networks trained for β = ${mark} alone, for ${alone.epochs} epochs, have ${rangeOf(alone)}.`;
}

/** @param {import("../../wire.js").LossRange} losses */
function rangeOf({ low, high }) {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}
