// The visitor's drawing: the inputs of the networks, its code on each map, and its reconstructions.

import { element } from "../../browser/ui/dom.js";
import { newPicture } from "../../browser/ui/pictures.js";
import { binarised } from "../../browser/ui/centring.js";
import { Pad } from "../../browser/ui/pad.js";

/** @typedef {import("../../browser/map/side.js").Side} Side */
/** One side's answer. @typedef {{side: Side, mean: Float32Array, stddev: Float32Array, x: Float32Array}} Answer */

export class Drawing {
  /** @param {HTMLElement} root @param {AbortSignal} signal @param {Side[]} sides
   * @param {(final: boolean) => void} placed called when both maps show it, or neither any more */
  constructor(root, signal, sides, placed) {
    this.given = /** @type {HTMLElement} */ (root.querySelector(".lse-given"));
    this.sides = sides;
    this.placed = placed;
    this.run = 0;
    /** @type {Float32Array | null} grey [784], centred like MNIST's digits */
    this.ink = null;
    /** @type {Answer[]} */
    this.answers = [];
    const pad = /** @type {HTMLElement} */ (root.querySelector(".lse-pad"));
    this.pad = new Pad(pad, signal, { changed: (ink, final) => void this.place(ink, final) });
  }

  /** Encode the drawing again, because a side has changed.
   * @param {boolean} final whether the page is to show the answers */
  async again(final) {
    if (this.ink) await this.place(this.ink, final);
  }

  /** Remove a side's answer, because its model has changed. @param {Side} side */
  forget(side) {
    this.answers = this.answers.filter((each) => each.side !== side);
    side.pane.external = null;
    this.showGiven();
  }

  /** @param {Float32Array | null} ink @param {boolean} final */
  async place(ink, final) {
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
    this.showGiven();
    this.placed(final);
  }

  /** @param {Side} side */
  mark(side) {
    const answer = this.answers.find((each) => each.side === side);
    const [[z1, z2], [sigma1, sigma2]] = answer ? [answer.mean, answer.stddev] : [[], []];
    side.pane.external = answer ? { z1, z2, sigma1, sigma2 } : null;
    side.pane.mark();
  }

  /** Show each network's input, and the picture decoded from the mean of its code. */
  showGiven() {
    const { ink, answers } = this;
    /** @type {[string, ArrayLike<number>][]} */
    const pictures = ink ? [["centred, as MNIST is", ink]] : [];
    const binary = answers.filter(({ side }) => side.choice.likelihood.is_binary);
    const subject = binary.length > 1 ? "they see" : `${binary[0]?.side.letter} sees`;
    if (binary.length) pictures.push([`x, what ${subject}`, binary[0].x]);
    for (const { side, mean } of answers) {
      pictures.push([`${side.letter} rebuilds`, side.pane.loaded?.decoder.decode(mean).slice() ?? []]);
    }
    this.given.replaceChildren(
      ...pictures.map(([caption, pixels]) => {
        return element("figure", "", newPicture(pixels, 1), element("figcaption", "", caption));
      }),
      ...(ink ? this.sides.flatMap(noEncoderNote) : []),
    );
    this.given.dataset.places = answers.map(({ mean }) => Array.from(mean).join(",")).join(";");
  }
}

/** @param {Side} side */
function noEncoderNote({ letter, choice }) {
  if (choice.encoder_url) return [];
  return [element("p", "lse-quiet", `${letter} has no encoder, so it cannot place the drawing. The Probability page can.`)];
}
