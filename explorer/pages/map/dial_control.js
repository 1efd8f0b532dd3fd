// The dial of the KL weight: one model for every weight, loaded after the map, and what it is like at each.

import { element } from "../../browser/ui/dom.js";
import { DialModels } from "../../browser/map/dial_model.js";
import { dialTrack } from "../../browser/map/dial_track.js";
import { lossOf } from "../../browser/map/panel.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { RateDistortion } from "./rate_distortion.js";

/** @typedef {import("../../wire.js").Dial} Dial */
/** @typedef {import("../../wire.js").Model} Model */

export class DialControl extends DialModels {
  /** @param {HTMLElement} root @param {Dial} dial @param {AbortSignal} signal
   * @param {(beta: number, final: boolean) => void} turn */
  constructor(root, dial, signal, turn) {
    super(dial);
    this.words = element("p", "lse-quiet");
    this.words.dataset.testid = "dial-words";
    this.curve = new RateDistortion(dial.metrics);
    this.slider = dialTrack(root, dial, signal, turn);
    root.append(this.words);
  }

  /** Show where the current model stands, also while the dial moves. @param {Model} model */
  showPlace(model) {
    const { reconstruction, kl } = model.metrics;
    this.curve.show(sameKind(model, this.data.model) ? { reconstruction, kl } : null);
  }

  /** @param {Model} model the current one */
  show(model) {
    this.slider.show(model.beta);
    const { low, high } = this.data;
    const invitation = `The dial turns one network that was trained for every β from ${low} to ${high}.`;
    this.words.textContent = this.has(model) ? this.wordsAt(model.beta) : invitation;
  }

  /** The dial's loss beside that of models for one weight alone, at the named weight that is nearest.
   * @param {number} beta */
  wordsAt(beta) {
    const distance = (/** @type {{beta: number}} */ mark) => Math.abs(Math.log(mark.beta / beta));
    const [mark] = [...this.data.dedicated].sort((a, b) => distance(a) - distance(b));
    if (!mark) return "One network, trained for every β.";
    const { reconstruction, kl } = this.loaded?.table.metricsAt(mark.beta) ?? { reconstruction: NaN, kl: NaN };
    const loss = lossOf({ reconstruction, kl }, mark.beta, true).toFixed(1);
    const range = `${mark.low.toFixed(1)} to ${mark.high.toFixed(1)}`;
    return `One network, trained for every β. At β = ${mark.beta} its loss is ${loss} nats per image; ${mark.seeds} networks trained for β = ${mark.beta} alone have ${range}.`;
  }
}
