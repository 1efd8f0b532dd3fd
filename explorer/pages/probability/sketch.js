// The pad for a drawn x, and the model's input from it.

import { element } from "../../browser/ui/dom.js";
import { binarised } from "../../browser/ui/centring.js";
import { Pad } from "../../browser/ui/pad.js";

export class Sketch {
  /** @param {HTMLElement} root to fill @param {AbortSignal} signal
   * @param {{drawn: (pixels: Uint8Array | null, final: boolean) => void}} act pixels: x [784] in 0..255, or null if
   * nothing is drawn; final false during a stroke, at most once per frame */
  constructor(root, signal, { drawn }) {
    /** Whether the model sees binary pixels, or grey. */
    this.likelihood = { is_binary: true };
    /** @type {Float32Array | null} grey [784], centred like MNIST's digits */
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

  /** Show what a link says. @param {string} text */
  restore(text) {
    this.ink = this.pad.restore(text);
  }

  /** The drawing as the current model sees it: x [784] in 0..255, or null if nothing is drawn. */
  get pixels() {
    if (!this.ink) return null;
    const x = this.likelihood.is_binary ? binarised(this.ink) : this.ink;
    return Uint8Array.from(x, (level) => Math.round(255 * Math.min(1, level)));
  }
}
