// Ancestral sampling: z from the prior, then x from p(x|z), one draw or a hundred at a time.

import { element, pressOne } from "../../browser/ui/dom.js";
import { PIXELS_OF } from "../../browser/net/likelihood.js";
import { drawPicture, newPicture, PICTURE_PIXELS, PICTURE_SIDE } from "../../browser/ui/pictures.js";
import { inSlices } from "../../browser/ui/slices.js";
import { normalDraws, uniformDraws } from "../../browser/net/noise.js";
import { canvasOf, saveButtons } from "../../browser/ui/saving.js";

/** The model to sample from; pixelStddev is sigma of a grey level in 0..1, if the likelihood has one.
 * @typedef {{decoder: import("../../browser/net/decoder.js").Decoder, likelihood: import("../../browser/net/likelihood.js").Likelihood,
 *   pixelStddev: number}} Sampler */
/** One draw: z [2], E[x|z] and x, both [784] in 0..1. @typedef {{z: Float32Array, mean: Float32Array, x: Float32Array}} Drawn */

const MANY = 100;
const ROW = 10; // digits
const PITCH = PICTURE_SIDE + 2; // px from digit to digit
const FIRST_SEED = 2; // with seed 0 or 1 a draw happens to lie on the axis of z1
const CHOSEN_COLOUR = "#6ea8ff"; // on black, in both themes

export class Ancestral {
  /** @param {HTMLElement} root to fill @param {AbortSignal} signal
   * @param {{land: (z: Float32Array[]) => void, take: (pixels: Uint8Array) => void}} acts land: show z on the map;
   * take: request the posterior of x, [784] in 0..255 */
  constructor(root, signal, acts) {
    this.root = root;
    this.signal = signal;
    this.acts = acts;
    /** @type {Sampler | null} */
    this.sampler = null;
    this.seed = FIRST_SEED - 1; // of the current draws
    this.count = 0;
    this.run = 0;
    /** @type {Drawn[]} */
    this.draws = [];
    this.chosen = 0;
    this.kind = "x";
    this.kinds = [this.kindButton("x", "Samples x"), this.kindButton("mean", "Means E[x|z]")];
    this.steps = element("div", "lse-steps");
    this.sheet = this.newSheet();
    this.many = this.boxOfMany();
    this.words = element("p", "lse-quiet", "Nothing is drawn yet.");
    const shown = element("div", "lse-drawn", this.steps, this.many);
    root.replaceChildren(this.head(), lessonOfSteps(), shown, this.words);
    root.dataset.ready = "true";
  }

  head() {
    const one = this.button("Draw one", () => this.drawAnew(1));
    const many = this.button(`Draw ${MANY}`, () => this.drawAnew(MANY));
    return element("header", "lse-figure-head", element("h3", "", "Ancestral sampling"), one, many);
  }

  boxOfMany() {
    const sheet = element("figure", "lse-sheet", this.sheet);
    const save = saveButtons({
      name: "ancestral samples",
      of: () => [this.root.closest("[data-model]")?.getAttribute("data-model") ?? "", `seed ${this.seed}`],
      png: () => canvasOf(sheet),
      csv: () => this.rows(),
    });
    const box = element("div", "lse-many", element("header", "lse-figure-head", ...this.kinds, save), sheet);
    box.hidden = true;
    return box;
  }

  newSheet() {
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = ROW * PITCH;
    sheet.setAttribute("role", "img");
    sheet.addEventListener("click", ({ offsetX, offsetY }) => this.choose(placeOnSheet(sheet, offsetX, offsetY)));
    return sheet;
  }

  /** @param {string} text @param {() => void} press */
  button(text, press) {
    const button = element("button", "", text);
    button.setAttribute("type", "button");
    button.addEventListener("click", press, { signal: this.signal });
    return button;
  }

  /** @param {"x" | "mean"} kind @param {string} text */
  kindButton(kind, text) {
    const button = this.button(text, () => {
      this.kind = kind;
      this.showSheet();
    });
    button.dataset.kind = kind;
    return button;
  }

  /** Set the model; the current draws are repeated with the same random numbers.
   * @param {Sampler["decoder"]} decoder @param {Sampler["likelihood"]} likelihood @param {number} pixelStddev */
  show(decoder, likelihood, pixelStddev) {
    this.sampler = { decoder, likelihood, pixelStddev };
    if (this.count) void this.draw(this.sampler);
  }

  /** @param {number} count */
  drawAnew(count) {
    if (!this.sampler) return;
    this.seed += 1;
    this.count = count;
    this.chosen = 0;
    void this.draw(this.sampler);
  }

  /** First all z ~ N(0, I), then x ~ p(x|z) of each, a few per frame. @param {Sampler} sampler */
  async draw(sampler) {
    const run = ++this.run;
    const uniform = uniformDraws(this.seed);
    const noise = normalDraws(this.count, uniform);
    const z = Array.from({ length: this.count }, (_, i) => noise.subarray(2 * i, 2 * i + 2));
    this.root.dataset.ready = "false";
    this.acts.land(z);
    const stale = () => run !== this.run || this.signal.aborted;
    const draws = await inSlices(drawnInSteps(z, sampler, uniform), stale);
    if (!draws) return;
    this.draws = draws;
    this.showDraws(sampler);
  }

  /** @param {Sampler} sampler */
  showDraws({ likelihood }) {
    const { count, seed } = this;
    this.many.hidden = count === 1;
    this.choose(this.draws[this.chosen] ? this.chosen : 0);
    const which = count === 1 ? "One draw" : `${count} draws: click one to see its z and its means`;
    this.words.textContent = `${which}; seed ${seed}.${PIXELS_OF[likelihood.name].ofClipping}`;
    Object.assign(this.root.dataset, { ready: "true", seed: String(seed), count: String(count) });
  }

  /** @param {number} index of the draw whose steps are shown */
  choose(index) {
    if (!this.draws[index]) return; // a click at the edge, or during drawing
    this.chosen = index;
    this.root.dataset.chosen = String(index);
    if (this.sampler) this.steps.replaceChildren(...this.stepsOf(this.draws[index], this.sampler));
    this.showSheet();
  }

  /** @param {Drawn} drawn @param {Sampler} sampler */
  stepsOf({ z, mean, x }, { likelihood, pixelStddev }) {
    const [z1, z2] = Array.from(z, (value) => value.toFixed(2).replace("-", "−"));
    const start = element("figure", "lse-ancestor", element("span", "", `(${z1}, ${z2})`), caption("z ~ p(z)"));
    const { ofMean, ofDraw } = PIXELS_OF[likelihood.name];
    const pixels = Uint8Array.from(x, (level) => Math.round(255 * level));
    const take = this.button("Use as x", () => this.acts.take(pixels));
    const pictures = [
      element("figure", "", newPicture(mean, 1), caption(ofMean)),
      element("figure", "", newPicture(x, 1), caption(`x ~ p(x|z), ${ofDraw(pixelStddev)}`)),
    ];
    return [start, element("i", "", "→"), pictures[0], element("i", "", "→"), pictures[1], take];
  }

  showSheet() {
    pressOne(this.kinds, ({ dataset }) => dataset.kind === this.kind);
    const means = this.kind === "mean";
    paintSheet(
      this.sheet,
      this.draws.map(({ mean, x }) => (means ? mean : x)),
      this.chosen,
    );
    const label = `${this.count} ${means ? "means E[x|z]" : "samples x ~ p(x|z)"} at draws of the prior`;
    this.sheet.setAttribute("aria-label", label);
  }

  /** @returns {import("../../browser/ui/saving.js").Rows} */
  rows() {
    const pixels = Array.from({ length: PICTURE_PIXELS }, (_, i) => `x${i + 1}`);
    const rows = this.draws.map(({ z, x }, i) => [this.seed, i, ...z, ...x]);
    return [["seed", "draw", "z1", "z2", ...pixels], ...rows];
  }
}

function lessonOfSteps() {
  const steps = element("b", "", "z ~ p(z) = N(0, I), then x ~ p(x|z)");
  return element("p", "", "The model draws an image in two steps: ", steps, ". The grey picture in between is a mean, not a sample.");
}

/** One draw per step. @param {Float32Array[]} places z of each @param {Sampler} sampler @param {() => number} uniform
 * @returns {Generator<void, Drawn[], void>} */
function* drawnInSteps(places, sampler, uniform) {
  const draws = [];
  for (const z of places) {
    draws.push(drawnAt(z, sampler, uniform));
    yield;
  }
  return draws;
}

/** x ~ p(x|z), clipped to 0..1. @param {Float32Array} z @param {Sampler} sampler @param {() => number} uniform
 * @returns {Drawn} */
function drawnAt(z, { decoder, likelihood, pixelStddev }, uniform) {
  const normal = (/** @type {number} */ pairs) => normalDraws(pairs, uniform);
  const logits = decoder.logits(z).slice();
  const x = PIXELS_OF[likelihood.name].draw(logits, pixelStddev, { uniform, normal });
  return { z, mean: decoder.mean(logits), x };
}

/** @param {HTMLCanvasElement} sheet @param {number} x px from the left of it @param {number} y px from its top
 * @returns {number} the index of the digit at this position */
function placeOnSheet(sheet, x, y) {
  const [column, row] = [x, y].map((at) => Math.floor((at * ROW) / sheet.clientWidth));
  return ROW * Math.min(ROW - 1, row) + Math.min(ROW - 1, column);
}

/** @param {HTMLCanvasElement} sheet @param {Float32Array[]} images @param {number} chosen one to frame */
function paintSheet(sheet, images, chosen) {
  const context = /** @type {CanvasRenderingContext2D} */ (sheet.getContext("2d"));
  const picture = newPicture(new Float32Array(PICTURE_PIXELS), 1);
  context.clearRect(0, 0, sheet.width, sheet.height);
  images.forEach((pixels, i) => {
    const [left, top] = [(i % ROW) * PITCH, Math.floor(i / ROW) * PITCH];
    context.fillStyle = CHOSEN_COLOUR;
    if (i === chosen) context.fillRect(left, top, PITCH, PITCH);
    drawPicture(picture, pixels, 1);
    context.drawImage(picture, left + 1, top + 1);
  });
}

/** @param {string} words */
function caption(words) {
  return element("figcaption", "", words);
}
