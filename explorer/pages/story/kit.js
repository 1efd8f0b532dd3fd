// What the scenes have in common: the shipped models, the images, and the way to answer.

import { fetchImages, fetchModel } from "../../browser/map/loading.js";
import { fetchClassifier } from "../../browser/net/classifier.js";
import { fetchEncoder } from "../../browser/net/encoder.js";
import { element } from "../../browser/ui/dom.js";

/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../browser/map/loading.js").Loaded} Loaded */
/** An image: x [784] in {0, 1} as the models see it, its class, and where it is from.
 * @typedef {{x: Float32Array, label: number, title: string}} Digit */
/** A guess beside what the real model gave: in short for the page's attributes and in words, how far apart they are,
 * with the unit, and what to take from it.
 * @typedef {{guess: string, truth: string, guessed: string, found: string, distance: string, lesson: string}} Reveal */

export const REFERENCE = "mnist-beta-1";
export const EXACT = "mnist-lattice";

export class Kit {
  /** @param {import("../../wire.js").StoryData} data @param {AbortSignal} signal ends the scene
   * @param {{reveal: (reveal: Reveal) => void, ask: () => void}} act reveal: the visitor has answered; ask: the scene
   * asks anew, so that the last answer is out of date */
  constructor(data, signal, { reveal, ask }) {
    this.data = data;
    this.signal = signal;
    this.reveal = reveal;
    this.ask = ask;
    /** Whether the scene shows digits that the model drew itself, for want of the test images. */
    this.drawsDigits = false;
  }

  /** @param {string} name of a shipped model @returns {Choice} */
  model(name) {
    const found = this.data.models.find((model) => model.name === name);
    if (!found) throw new Error(`There is no model ${name}.`);
    return found;
  }

  /** Rejects with an Error if it cannot be fetched. @param {string} name of a shipped model */
  load(name) {
    const { url, likelihood } = this.model(name);
    return fetchModel(url, likelihood);
  }

  /** @param {string} name of a shipped model that has one */
  encoder(name) {
    return fetchEncoder(/** @type {string} */ (this.model(name).encoder_url));
  }

  classifier() {
    return fetchClassifier(this.data.classifier_url);
  }

  /** A test image; or, where the server has none, the picture that the reference decodes at that image's code.
   * @param {number} image its index @returns {Promise<Digit>} */
  async digit(image) {
    const [{ label, mean, decoder }, url] = [await this.load(REFERENCE), this.model(REFERENCE).images_url];
    const of = { label: label[image] };
    if (url) {
      const x = Float32Array.from((await fetchImages(url)).binary(image));
      return { ...of, x, title: `test image ${image}` };
    }
    this.drawsDigits = true;
    const decoded = decoder.decode(mean.slice(2 * image, 2 * image + 2));
    return { ...of, x: decoded.map((pixel) => Number(pixel > 0.5)), title: "a digit drawn by the model itself" };
  }

  /** The number of the nth test image of each class. @param {number} nth @returns {Promise<number[]>} */
  async oneOfEach(nth) {
    const { label } = await this.load(REFERENCE);
    return Array.from({ length: 10 }, (_, digit) => {
      const own = Array.from(label.keys()).filter((image) => label[image] === digit);
      return own[nth % own.length];
    });
  }
}

/** @param {string} words @param {() => void} press @param {string} [className] */
export function button(words, press, className = "") {
  const made = /** @type {HTMLButtonElement} */ (element("button", className, words));
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** A number of nats with one decimal. @param {number} nats */
export function inNats(nats) {
  return `${nats.toFixed(1).replace("-", "−")} nats`;
}
