// The pad to draw an x on: what the model is given of it.

import { element } from "../../browser/ui/dom.js";
import { binarised } from "../../browser/ui/centring.js";
import { Pad } from "../../browser/ui/pad.js";

export class Sketch {
  /** @param {HTMLElement} root to fill @param {AbortSignal} signal
   * @param {{drawn: (pixels: Uint8Array | null, final: boolean) => void}} act pixels: x [784] in 0..255, or null where
   * nothing is drawn; final false while a stroke goes on, at most once a frame */
  constructor(root, signal, { drawn }) {
    /** Of the model: whether it sees black and white, or grey. */
    this.likelihood = { is_binary: true };
    /** @type {Float32Array | null} grey [784], as MNIST would hold it */
    this.ink = null;
    const pad = element("div", "lse-pad");
    root.replaceChildren(element("h2", "", "Draw a digit"), pad);
    this.pad = new Pad(pad, signal, {
      changed: (ink, final) => {
        this.ink = ink;
        drawn(this.pixels, final);
      },
    });
  }

  /** The drawing as the model of now sees it: x [784] in 0..255, or null where nothing is drawn. */
  get pixels() {
    if (!this.ink) return null;
    const x = this.likelihood.is_binary ? binarised(this.ink) : this.ink;
    return Uint8Array.from(x, (level) => Math.round(255 * Math.min(1, level)));
  }
}
