// The question about an image x under a model, put to the worker, and the answer so far.

import { Asking } from "../../browser/inference/asking.js";
import { diagonal } from "../../browser/inference/gaussian.js";
import { fetchImages } from "../../browser/map/loading.js";
import { fetchEncoder } from "../../browser/net/encoder.js";

/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
/** @typedef {import("../../browser/inference/worker.js").Reply} Reply */
/** @typedef {import("../../wire.js").Choice} Model */
/** seen: x [784] in 0..255, as the model sees it, or null if it could not be loaded; progressed: so many points are
 * decoded; found: a part of the answer; ended: all parts stand, or a sentence says why
 * there is no answer. @typedef {{seen: (x: Uint8Array | null) => void, progressed: (points: number) => void, found: (answer: Inference) => void,
 *   ended: (problem: string) => void}} Acts */

export class Inquiry {
  /** @param {string} url of the worker's script @param {Acts} acts */
  constructor(url, acts) {
    this.acts = acts;
    this.asking = new Asking(url, (reply) => this.receive(reply));
    this.image = -1;
    /** x itself where it is none of the test images, [784] in 0..255. @type {Uint8Array | null} */
    this.pixels = null;
    this.turn = 0;
    this.presses = 0;
    /** Whether the answer, but for curves, is awaited. */
    this.open = false;
    /** @type {Omit<Inference, keyof import("../../browser/inference/answers.js").Posterior> | null} */
    this.head = null;
    /** @type {Inference | null} */
    this.answer = null;
    /** @type {import("../../browser/inference/asking.js").Subject | null} */
    this.subject = null;
  }

  /** Set x. @param {number} image @param {Uint8Array | null} pixels */
  take(image, pixels) {
    this.image = image;
    this.pixels = pixels;
  }

  get hasImage() {
    return this.image >= 0 || this.pixels !== null;
  }

  /** Ask about x, if there is one. @param {Model} model
   * @param {import("../../browser/net/decoder.js").Decoder} decoder of the model */
  async put(model, decoder) {
    this.hold();
    const { turn } = this;
    if (!this.hasImage) return;
    this.open = true;
    try {
      const [x, encoder] = await Promise.all([this.see(model, turn), encoderOf(model)]);
      if (turn !== this.turn) return;
      const levels = Float32Array.from(x, (level) => level / 255);
      const q = encoder && diagonal(encoder.encode(levels));
      const { name, likelihood, pixel_stddev } = model;
      this.head = { ...{ model: name, unit: likelihood.unit, image: this.image, x, q }, ...NOTHING_YET };
      this.answer = null;
      this.subject = { name, decoder, likelihood: likelihood.name, pixelStddev: pixel_stddev ?? 0 };
      this.asking.ask(this.subject, { x: levels, q, seed: 0 });
    } catch (error) {
      if (turn === this.turn) this.end(error instanceof Unavailable ? error.message : String(error));
    }
  }

  /** x, shown before anything is computed. @param {Model} model @param {number} turn */
  async see(model, turn) {
    const x = await this.seenBy(model).catch((error) => {
      if (turn === this.turn) this.acts.seen(null);
      throw error;
    });
    if (turn === this.turn) this.acts.seen(x);
    return x;
  }

  /** x in 0..255, as the model sees it: binary, or grey. @param {Model} model @returns {Promise<Uint8Array>} */
  async seenBy({ likelihood, dataset, images_url }) {
    const { image, pixels } = this;
    if (pixels) return modelInput({ likelihood }, pixels);
    if (!images_url) throw new Unavailable(`The ${dataset} images are not on the server. Draw an image, or sample one.`);
    const images = await fetchImages(images_url).catch(() => {
      throw new Unavailable("The original images could not be loaded. Reload the page to try again.");
    });
    return likelihood.is_binary
      ? Uint8Array.from(images.binary(image), (bit) => 255 * bit)
      : Uint8Array.from(images.pixels(image));
  }

  askForCurves() {
    const { subject, head } = this;
    if (!subject || !head || this.open) return;
    const x = Float32Array.from(head.x, (level) => level / 255);
    this.asking.ask(subject, { x, q: head.q, seed: ++this.presses });
  }

  /** End the work on the question before. */
  hold() {
    this.turn += 1;
    this.asking.stop();
  }

  /** @param {Reply} reply */
  receive({ part, points, problem, complete }) {
    if (points && this.open) this.acts.progressed(points);
    if (part) {
      this.answer = /** @type {Inference} */ ({ ...this.head, ...this.answer, ...part });
      this.acts.found(this.answer);
    }
    if (complete && (this.open || problem)) this.end(problem ?? "");
  }

  /** @param {string} problem */
  end(problem) {
    this.open = false;
    this.acts.ended(problem);
  }

  destroy() {
    this.hold();
    this.asking.end();
  }
}

const NOTHING_YET = { elbo: null, reconstruction: null, kl_prior: null, kl: null, looked_up: null, fits: null, curves: null };

/** A file could not be fetched; the message says which, and what to do. */
class Unavailable extends Error {}

/** @param {Model} model @returns {Promise<import("../../browser/net/encoder.js").Encoder | null>} */
async function encoderOf({ label, encoder_url }) {
  if (!encoder_url) return null;
  return fetchEncoder(encoder_url).catch(() => {
    throw new Unavailable(`The encoder of “${label}” could not be loaded. Choose the model again.`);
  });
}

/** The image as the model sees it, binary or grey.
 * @param {{likelihood: {is_binary: boolean}}} model @param {Uint8Array} pixels */
export function modelInput({ likelihood }, pixels) {
  return likelihood.is_binary ? pixels.map((level) => (level < 128 ? 0 : 255)) : pixels.slice();
}
