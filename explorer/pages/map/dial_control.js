// The dial of the KL weight: one model for every weight, loaded after the map, and what it is like at each.

import { element } from "../../browser/ui/dom.js";
import { LogDial } from "../../browser/ui/log_dial.js";
import { fetchDial } from "../../browser/map/dial_model.js";
import { lossOf } from "../../browser/map/panel.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { RateDistortion } from "./rate_distortion.js";

/** @typedef {import("../../browser/map/dial_model.js").DialModel} DialModel */
/** @typedef {import("../../wire.js").Dial} Dial */
/** @typedef {import("../../wire.js").Model} Model */

export class DialControl {
  /** @param {HTMLElement} root @param {Dial} dial @param {AbortSignal} signal
   * @param {(beta: number, final: boolean) => void} turn */
  constructor(root, dial, signal, turn) {
    this.data = dial;
    /** @type {DialModel | null} */
    this.loaded = null;
    const { betas, dedicated } = dial;
    const track = element("div", "lse-dial-box");
    this.words = element("p", "lse-quiet");
    this.words.dataset.testid = "dial-words";
    this.curve = new RateDistortion(dial.metrics);
    root.replaceChildren(track, this.words);
    root.hidden = false;
    const scale = { name: "β", values: [0, ...betas], marks: dedicated.map(({ beta }) => beta) };
    this.slider = new LogDial(track, scale, signal, turn);
  }

  /** @param {Model} model */
  has({ name }) {
    return name.split("@")[0] === this.data.model.name;
  }

  /** The model with a name in a link, "mnist-dial@0.37". @param {string} name @returns {Model | undefined} */
  named(name) {
    const [dial, beta] = name.split("@");
    const { values } = this.slider;
    return dial === this.data.model.name ? this.modelAt(values[this.slider.indexOf(Number(beta) || 1)]) : undefined;
  }

  /** @param {number} exact the KL weight @returns {Model} its averages are those at 1 until the table is loaded */
  modelAt(exact) {
    const beta = Number(exact.toPrecision(3));
    const { model } = this.data;
    const metrics = this.loaded?.metricsAt(beta) ?? model.metrics;
    return { ...model, name: `${model.name}@${beta}`, label: `dial, β = ${beta}`, beta, metrics };
  }

  /** Rejects with an Error if the table cannot be fetched. @returns {Promise<DialModel>} */
  async load() {
    this.loaded = await fetchDial(this.data);
    return this.loaded;
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
    const { reconstruction, kl } = this.loaded?.metricsAt(mark.beta) ?? { reconstruction: NaN, kl: NaN };
    const loss = lossOf({ reconstruction, kl }, mark.beta, true).toFixed(1);
    const range = `${mark.low.toFixed(1)} to ${mark.high.toFixed(1)}`;
    return `One network, trained for every β. At β = ${mark.beta} its loss is ${loss} nats per image; ${mark.seeds} networks trained for β = ${mark.beta} alone have ${range}.`;
  }
}
