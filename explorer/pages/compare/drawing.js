// The visitor's drawing: the input of the networks, and its code on each map.

import { binarised } from "../../browser/ui/centring.js";
import { Pad } from "../../browser/ui/pad.js";

/** @typedef {import("../../browser/map/side.js").Side} Side */
/** One side's answer. @typedef {{side: Side, mean: Float32Array, stddev: Float32Array, x: Float32Array}} Answer */

export class Drawing {
  /** @param {HTMLElement} root @param {AbortSignal} signal @param {Side[]} sides
   * @param {(final: boolean, byHand: boolean) => void} placed called when both maps show it, or neither any more;
   * byHand: the drawing has changed, and not a model */
  constructor(root, signal, sides, placed) {
    this.sides = sides;
    this.placed = placed;
    this.run = 0;
    /** @type {Float32Array | null} grey [784], centred like MNIST's digits */
    this.ink = null;
    /** @type {Answer[]} */
    this.answers = [];
    const pad = /** @type {HTMLElement} */ (root.querySelector(".lse-pad"));
    this.pad = new Pad(pad, signal, { changed: (ink, final) => void this.place(ink, final, true) });
  }

  /** Show what a link says. @param {string} text */
  restore(text) {
    void this.place(this.pad.restore(text), true, false);
  }

  /** Encode the drawing again, because a side has changed.
   * @param {boolean} final whether the page is to show the answers */
  async again(final) {
    if (this.ink) await this.place(this.ink, final, false);
  }

  /** Remove a side's answer, because its model has changed. @param {Side} side */
  forget(side) {
    this.answers = this.answers.filter((each) => each.side !== side);
    side.pane.external = null;
  }

  /** @param {Float32Array | null} ink @param {boolean} final @param {boolean} byHand */
  async place(ink, final, byHand) {
    const run = ++this.run;
    this.ink = ink;
    const asked = this.sides.map(({ choice }) => choice.encoder_url);
    const encoders = ink ? await Promise.all(this.sides.map((side) => side.encoder(final))) : [];
    // There may be a newer stroke or model since the encoder was requested.
    if (run !== this.run || this.sides.some(({ choice }, i) => choice.encoder_url !== asked[i])) return;
    this.answers = this.sides.flatMap((side, i) => {
      const encoder = encoders[i];
      if (!ink || !encoder) return [];
      const x = side.choice.likelihood.is_binary ? binarised(ink) : ink;
      return [{ side, x, ...encoder.encode(x) }];
    });
    for (const side of this.sides) this.mark(side);
    this.placed(final, byHand);
  }

  /** @param {Side} side */
  mark(side) {
    const answer = this.answers.find((each) => each.side === side);
    const [[z1, z2], [sigma1, sigma2]] = answer ? [answer.mean, answer.stddev] : [[], []];
    side.pane.external = answer ? { z1, z2, sigma1, sigma2 } : null;
    if (answer) side.pane.drawn = answer.mean;
  }

  /** Why a side has no answer. @returns {string[]} */
  get notes() {
    return this.ink ? this.sides.flatMap(noEncoderNote) : [];
  }

  /** What was drawn. @returns {import("./given.js").Original | null} */
  get original() {
    return this.ink && { caption: "centred, as MNIST is", pixels: this.ink, white: 1 };
  }
}

/** @param {Side} side */
function noEncoderNote({ letter, choice }) {
  if (choice.encoder_url) return [];
  return [`${letter} has no encoder, so it cannot place the drawing. The Probability page can.`];
}
