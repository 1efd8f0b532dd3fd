// The digit that the visitor draws: what the networks are given of it, where each encoder puts it, what comes back.

import { element } from "../latent_map/dom.js";
import { newPicture } from "../latent_map/pictures.js";
import { binarised } from "./centring.js";
import { Pad } from "./pad.js";

/** @typedef {import("./side.js").Side} Side */
/** One side's answer. @typedef {{side: Side, mean: Float32Array, stddev: Float32Array, x: Float32Array}} Answer */

export class Drawing {
  /** @param {HTMLElement} root @param {AbortSignal} signal @param {Side[]} sides
   * @param {(final: boolean) => void} placed when both maps show it, or none does any more */
  constructor(root, signal, sides, placed) {
    this.given = /** @type {HTMLElement} */ (root.querySelector(".lse-given"));
    this.sides = sides;
    this.placed = placed;
    /** @type {Float32Array | null} grey [784], as MNIST would hold it */
    this.ink = null;
    /** @type {Answer[]} */
    this.answers = [];
    const pad = /** @type {HTMLElement} */ (root.querySelector(".lse-pad"));
    this.pad = new Pad(pad, signal, { changed: (ink, final) => void this.place(ink, final) });
  }

  /** Ask both encoders again, for a side has changed. @param {boolean} final whether the page is to show the answers */
  async again(final) {
    if (this.ink) await this.place(this.ink, final);
  }

  /** @param {Float32Array | null} ink @param {boolean} final */
  async place(ink, final) {
    this.ink = ink;
    const encoders = ink ? await Promise.all(this.sides.map((side) => side.encoder())) : [];
    if (this.ink !== ink) return; // a newer stroke came while an encoder was fetched
    this.answers = this.sides.flatMap((side, i) => {
      const encoder = encoders[i];
      if (!ink || !encoder) return [];
      const x = side.choice.likelihood === "gaussian" ? ink : binarised(ink);
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
    side.pane.guest = answer ? { z1, z2, sigma1, sigma2 } : null;
    side.pane.mark();
  }

  /** What each network saw, and what it makes of its code's mean. */
  showGiven() {
    const { ink, answers } = this;
    /** @type {[string, ArrayLike<number>][]} */
    const pictures = ink ? [["centred, as MNIST is", ink]] : [];
    const binary = answers.find(({ side }) => side.choice.likelihood !== "gaussian");
    if (binary) pictures.push(["x, what they see", binary.x]);
    for (const { side, mean } of answers) {
      pictures.push([`${side.letter} rebuilds`, side.pane.loaded?.decoder.decode(mean).slice() ?? []]);
    }
    this.given.replaceChildren(
      ...pictures.map(([caption, pixels]) => {
        return element("figure", "", newPicture(pixels, 1), element("figcaption", "", caption));
      }),
    );
    this.given.dataset.places = answers.map(({ mean }) => Array.from(mean).join(",")).join(";");
  }
}
