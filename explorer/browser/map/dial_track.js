// The dial of the KL weight, as a control: which weights it has and which of them are named.

import { sameKind } from "../net/likelihood.js";
import { element } from "../ui/dom.js";
import { LogDial } from "../ui/log_dial.js";

/** @typedef {import("../../wire.js").Model} Model */

/** The model at a dial's end stop: the shipped one without the KL term, if it knows the same images.
 * @template {Model} M @param {M[]} models @param {Model} like @returns {M | undefined} */
export function endStop(models, like) {
  return models.find((model) => model.from_scratch && !model.beta && sameKind(model, like));
}

/** The track of whichever dial is turned. */
export class DialTrack {
  /** @param {HTMLElement} root @param {Model[]} models among which is that of the end stop @param {AbortSignal} signal
   * @param {(beta: number, final: boolean) => void} turn see LogDial */
  constructor(root, models, signal, turn) {
    this.box = element("div", "lse-dial-box");
    root.replaceChildren(this.box);
    this.root = root;
    this.models = models;
    this.signal = signal;
    this.turn = turn;
    /** @type {import("./dial_model.js").DialModels | undefined} */
    this.dial = undefined;
    /** @type {LogDial | undefined} */
    this.slider = undefined;
  }

  /** Let the hand turn ``dial``, which stands at a KL weight.
   * @param {import("./dial_model.js").DialModels | undefined} dial @param {number} beta */
  show(dial, beta) {
    if (dial && dial !== this.dial) this.lay(dial);
    this.slider?.show(beta);
  }

  /** @param {import("./dial_model.js").DialModels} dial @returns {LogDial} */
  lay(dial) {
    this.slider?.stopTurning();
    this.dial = dial;
    const { betas, marks, model } = dial.data;
    const off = endStop(this.models, model) ? [0] : [];
    const scale = { name: "β", values: [...off, ...betas], marks: [...off, ...marks] };
    this.slider = new LogDial(this.box, scale, this.signal, this.turn);
    this.root.hidden = false;
    return this.slider;
  }
}
