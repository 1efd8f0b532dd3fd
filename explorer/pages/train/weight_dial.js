// The dial of a run's KL weight; the key 0 switches it off. It reports a weight when a hand lets go of it.

import { LogDial } from "../../browser/ui/log_dial.js";
import { mount } from "../../browser/ui/mount.js";

/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").WeightDialData>} Component */

class WeightDial {
  /** @param {Component} component */
  constructor(component) {
    const root = /** @type {HTMLElement} */ (component.parentElement.querySelector(".lse"));
    const { weights, marks, term_colours } = component.data;
    this.report = component.setStateValue;
    for (const [term, colour] of Object.entries(term_colours)) root.style.setProperty(`--lse-${term}`, colour);
    this.words = /** @type {HTMLElement} */ (root.querySelector("output"));
    this.end = new AbortController();
    const scale = { name: "KL weight β", values: weights, marks: [0, ...marks] };
    const track = /** @type {HTMLElement} */ (root.querySelector(".lse-dial-box"));
    this.dial = new LogDial(track, scale, this.end.signal, (weight, final) => this.turn(weight, final));
    root.addEventListener("keydown", (event) => event.key === "0" && this.switchOff(), { signal: this.end.signal });
    this.update(component);
    root.dataset.ready = "true";
  }

  switchOff() {
    this.dial.input.value = "0";
    this.dial.go(0, true);
  }

  /** @param {number} weight @param {boolean} final */
  turn(weight, final) {
    this.say(weight);
    // With the time, because another tab may have changed the weight since this one chose the same.
    if (final) this.report("turned", { weight, at: Date.now() });
  }

  /** @param {number} weight */
  say(weight) {
    this.words.textContent = weight ? `β = ${Number(weight.toPrecision(2))}` : "β = 0: the KL term is off";
  }

  /** The weight was chosen, here or in another tab. @param {Component} component */
  update({ data: { weight }, setStateValue }) {
    this.report = setStateValue;
    this.dial.show(weight);
    this.say(weight);
  }

  destroy() {
    this.end.abort();
  }
}

export default mount((/** @type {Component} */ component) => new WeightDial(component));
