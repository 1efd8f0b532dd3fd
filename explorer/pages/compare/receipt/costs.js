// Pictures of the cost of each pixel in nats, on a common colour scale, and the scale's key.

import { rgbOf } from "../../../browser/ui/dom.js";
import { PICTURE_SIDE } from "../../../browser/ui/pictures.js";

/** @typedef {import("../../../browser/map/points.js").Rgb} Rgb */

const NEGATIVE_COLOUR = "#4f7bff"; // the hue of negative nats, which occur where a density exceeds 1
const FULL = 0.6; // the brightness with the full hue; above it the colour only gets lighter
const KEY_STEPS = 64;

/** A common scale for the pixels of several pictures, in nats: black is 0, the brightest is the largest magnitude. */
export class CostScale {
  /** @param {Float32Array[]} pictures nats per pixel @param {string} colour of positive nats */
  constructor(pictures, colour) {
    const nats = pictures.flatMap((picture) => Array.from(picture));
    this.low = Math.min(0, ...nats);
    this.high = Math.max(0, ...nats);
    this.most = Math.max(this.high, -this.low) || 1;
    this.hues = { positive: rgbOf(colour), negative: rgbOf(NEGATIVE_COLOUR) };
  }

  /** @param {Float32Array} nats [784] @returns {HTMLCanvasElement} */
  picture(nats) {
    return this.paint(nats, PICTURE_SIDE);
  }

  /** Every colour from the lowest to the highest. @returns {HTMLCanvasElement} */
  key() {
    const step = (this.high - this.low) / (KEY_STEPS - 1);
    return this.paint(
      Float32Array.from({ length: KEY_STEPS }, (_, i) => this.low + i * step),
      KEY_STEPS,
    );
  }

  /** @param {Float32Array} nats row by row @param {number} width */
  paint(nats, width) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, nats.length / width];
    const image = new ImageData(canvas.width, canvas.height);
    nats.forEach((value, i) => image.data.set([...this.toneOf(value), 255], 4 * i));
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return canvas;
  }

  /** From black over the full hue towards white. @param {number} nats @returns {number[]} red, green, blue */
  toneOf(nats) {
    // By the square root, because a few pixels cost far more than most, which must be visible too.
    const share = Math.sqrt(Math.abs(nats) / this.most);
    const hue = nats < 0 ? this.hues.negative : this.hues.positive;
    if (share <= FULL) return hue.map((part) => (part * share) / FULL);
    return hue.map((part) => part + ((255 - part) * (share - FULL)) / (1 - FULL));
  }
}
