// Draws of z side by side, decoded: from the prior, and from each model's own aggregate posterior.

import { element } from "../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS, PICTURE_SIDE } from "../../browser/ui/pictures.js";
import { inSlices } from "../../browser/ui/slices.js";
import { normalDraws, uniformDraws } from "../../browser/net/noise.js";
import { canvasOf, saveButtons } from "../../browser/ui/saving.js";

/** One side of the page. @typedef {{letter: string, choice: import("../../wire.js").Choice,
 *   loaded: import("../../browser/map/loading.js").Loaded}} Sampled */
/** The noise of 64 draws, the same for all models: prior draws, a uniform number that selects a code, and normal draws.
 * @typedef {{prior: Float32Array, code: number[], epsilon: Float32Array}} Noise */
/** Draws of z, [64, 2], and for each the test image of its code, if any.
 * @typedef {{z: Float32Array, images: number[]}} Draws */

const ROW = 8; // digits
const DRAWS = ROW * ROW;
const PITCH = PICTURE_SIDE + 2; // px from digit to digit
const MOSAIC_SIDE = ROW * PITCH - 2;

const LESSON =
  "The decoder was only trained where its codes lie; elsewhere its pictures are arbitrary. " +
  "The row “digits among the draws” of the table counts how many different digits the draws of the prior show.";

export class Samples {
  /** @param {HTMLElement} section to fill @param {{changed: () => void}} events changed: another seed */
  constructor(section, { changed }) {
    this.section = section;
    this.seed = 0;
    this.run = 0;
    /** @type {Sampled[]} */
    this.sides = [];
    /** @type {Mosaic[]} the prior's first, A before B */
    this.mosaics = [];
    this.events = {
      over: (/** @type {string} */ words) => {
        this.about.textContent = words;
      },
      out: () => this.rest(),
    };
    this.grid = element("div", "lse-mosaics");
    this.about = element("p", "lse-quiet");
    section.replaceChildren(this.head(changed), this.grid, this.about, element("p", "", LESSON));
    this.rest();
  }

  /** @param {() => void} changed */
  head(changed) {
    const again = element("button", "", "Draw again");
    again.setAttribute("type", "button");
    again.addEventListener("click", () => {
      this.seed += 1;
      void this.draw();
      changed();
    });
    const save = saveButtons({
      name: "draws of z",
      of: () => [...this.sides.map(({ choice }) => choice.label), `seed ${this.seed}`],
      png: () => canvasOf(this.grid),
      csv: () => this.rows(),
    });
    return element("header", "lse-figure-head", again, save);
  }

  /** Show the sentence for when no digit is under the pointer. */
  rest() {
    this.about.textContent = `64 draws each, seed ${this.seed}. Brightness = mean of the pixel under p(x|z).`;
  }

  /** @param {Sampled} a @param {Sampled} b */
  show(a, b) {
    this.sides = [a, b];
    void this.draw();
  }

  /** Decode new mosaics; the digits of another seed or model replace the old ones, a few per frame. */
  async draw() {
    const run = ++this.run;
    const noise = noiseOf(this.seed);
    this.section.dataset.ready = "false";
    this.section.dataset.seed = String(this.seed);
    this.rest();
    this.mosaics = [0, 1].flatMap((row) => this.sides.map((side, i) => this.mosaicOf(side, 2 * row + i, noise)));
    this.grid.replaceChildren(...this.mosaics.map(({ figure }) => figure));
    for (const mosaic of this.mosaics) {
      if (!(await mosaic.decode(() => run !== this.run))) return;
    }
    this.section.dataset.ready = "true";
  }

  /** An existing mosaic with the same content is reused.
   * @param {Sampled} side @param {number} place 0 and 1: from the prior; 2 and 3: from the models' q(z)
   * @param {Noise} noise */
  mosaicOf({ letter, choice: { name, label }, loaded }, place, noise) {
    const old = this.mosaics[place];
    const key = JSON.stringify([letter, name, label, this.seed]);
    if (old?.key === key && old.content.decoder === loaded.decoder) return old;
    const [source, draws] =
      place < 2
        ? ["z ~ p(z), the prior", priorDraws(noise)]
        : ["z ~ q(z), the aggregate posterior of the model", ownDraws(noise, loaded)];
    return new Mosaic(key, { letter, label, source, draws, decoder: loaded.decoder }, this.events);
  }

  /** @returns {import("../../browser/ui/saving.js").Rows} */
  rows() {
    const rows = this.mosaics.flatMap(
      ({
        content: {
          letter,
          label,
          source,
          draws: { z, images },
        },
      }) =>
        Array.from({ length: DRAWS }, (_, i) => [letter, source, i, z[2 * i], z[2 * i + 1], label, images[i] ?? ""]),
    );
    return [["letter", "source", "index", "z1", "z2", "model", "test image"], ...rows];
  }

  destroy() {
    this.run++;
  }
}

/** @param {number} seed @returns {Noise} */
function noiseOf(seed) {
  const uniform = uniformDraws(seed);
  const prior = normalDraws(DRAWS, uniform);
  const code = Array.from({ length: DRAWS }, uniform);
  return { prior, code, epsilon: normalDraws(DRAWS, uniform) };
}

/** @param {Noise} noise @returns {Draws} */
function priorDraws({ prior }) {
  return { z: prior, images: [] };
}

/** Draws of q(z) = mean_n q(z|x_n): an image n, then z of its q(z|x_n). Hoffman and Johnson, 2016, ELBO surgery,
 * http://approximateinference.org/accepted/HoffmanJohnson2016.pdf
 * @param {Noise} noise @param {{mean: Float32Array, stddev: Float32Array}} codes [N, 2] @returns {Draws} */
function ownDraws({ code, epsilon }, { mean, stddev }) {
  const images = code.map((share) => Math.floor((share * mean.length) / 2));
  const z = epsilon.map((noise, i) => {
    const at = 2 * images[i >> 1] + (i & 1);
    return mean[at] + stddev[at] * noise;
  });
  return { z, images };
}

/** 64 decoded digits on one canvas. */
class Mosaic {
  /** @param {string} key of its content
   * @param {{letter: string, label: string, source: string, draws: Draws,
   *   decoder: import("../../browser/net/decoder.js").Decoder}} content
   * @param {{over: (words: string) => void, out: () => void}} pointer is over a digit, or has left */
  constructor(key, content, { over, out }) {
    this.key = key;
    this.content = content;
    this.decoded = 0;
    const { letter, label, source } = content;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "lse-mosaic";
    this.canvas.width = this.canvas.height = MOSAIC_SIDE;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `64 digits that ${label} decodes, ${source}`);
    this.canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => over(this.describe(offsetX, offsetY)));
    this.canvas.addEventListener("pointerleave", out);
    const name = element("span", "", element("b", "lse-badge", letter), ` ${label}`);
    this.figure = element("figure", "", element("figcaption", "", name, element("span", "", source)), this.canvas);
  }

  /** @param {number} x pixels of the page from the left @param {number} y and from the top */
  describe(x, y) {
    const [column, row] = [x, y].map((at) => Math.min(ROW - 1, Math.floor((at * ROW) / this.canvas.clientWidth)));
    const i = ROW * row + column;
    const { letter, draws } = this.content;
    const z = Array.from(draws.z.slice(2 * i, 2 * i + 2), (value) => value.toFixed(2)).join(", ");
    const image = draws.images[i];
    const origin = image === undefined ? "a draw of the prior" : `drawn of q(z|x) of test image ${image}`;
    return `${letter}: z = (${z.replaceAll("-", "−")}), ${origin}`;
  }

  /** @param {() => boolean} stale true ends the work @returns {Promise<boolean>} whether all is drawn */
  async decode(stale) {
    return (await inSlices(this.inSteps(), stale)) ?? false;
  }

  /** One digit a step. @returns {Generator<void, boolean, void>} */
  *inSteps() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const picture = newPicture(new Float32Array(PICTURE_PIXELS), 1);
    const { decoder, draws } = this.content;
    for (; this.decoded < DRAWS; this.decoded++) {
      const i = this.decoded;
      drawPicture(picture, decoder.decode(draws.z.subarray(2 * i, 2 * i + 2)), 1);
      context.drawImage(picture, (i % ROW) * PITCH, Math.floor(i / ROW) * PITCH);
      yield;
    }
    return true;
  }
}
