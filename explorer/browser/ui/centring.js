// Turns a drawing into what a model of MNIST expects: a digit of MNIST's size and position.

import { PICTURE_PIXELS, PICTURE_SIDE } from "./pictures.js";
import { uniformDraws } from "../net/noise.js";

/** The bounding box of the ink, in pixels.
 * @typedef {{left: number, top: number, width: number, height: number}} Box */

const BOX_SIDE = 20; // pixels of 28: the longer side of a digit
// MNIST's centres of mass lie at 13.5 to 14.5, counted from the first pixel as 0, in each of the 10,000 test images.
const CENTRE = 14;

/** A drawing processed like MNIST's digits: scaled with its aspect ratio to fit into 20x20, then placed in 28x28 with
 * its centre of mass, to the nearest pixel, in the middle.
 *
 * Source: LeCun, Bottou, Bengio and Haffner, 1998, section III.A; http://yann.lecun.com/exdb/mnist/
 * @param {Float32Array} ink [side * side] in 0..1
 * @returns {Float32Array | null} [784] in 0..1; null if nothing is drawn */
export function centred(ink) {
  const side = Math.sqrt(ink.length);
  const box = boxOf(ink, side);
  if (!box) return null;
  const zoom = BOX_SIDE / Math.max(box.width, box.height);
  const fitted = shrink(ink, side, box, zoom);
  const [left, top] = offsetsOf(fitted, box.width * zoom, box.height * zoom);
  const digit = new Float32Array(PICTURE_PIXELS);
  fitted.forEach((grey, i) => {
    const [row, column] = [top + Math.floor(i / BOX_SIDE), left + (i % BOX_SIDE)];
    if (grey) digit[row * PICTURE_SIDE + column] = grey;
  });
  return digit;
}

/** @param {Float32Array} ink @param {number} side @returns {Box | null} */
function boxOf(ink, side) {
  let [left, right, top, bottom] = [side, -1, side, -1];
  for (let i = 0; i < ink.length; i++) {
    if (!ink[i]) continue;
    const [row, column] = [Math.floor(i / side), i % side];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), row];
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The box scaled to at most 20x20 pixels, each the average of the area that it covers.
 * @param {Float32Array} ink @param {number} side @param {Box} box @param {number} zoom */
function shrink(ink, side, { left, top, width, height }, zoom) {
  const columns = sharesOf(width, zoom);
  const fitted = new Float32Array(BOX_SIDE * BOX_SIDE);
  sharesOf(height, zoom).forEach((down, y) => {
    columns.forEach((right, x) => {
      const value = ink[(top + y) * side + left + x];
      if (!value) return;
      for (const [row, tall] of down) {
        for (const [column, wide] of right) fitted[row * BOX_SIDE + column] += value * tall * wide;
      }
    });
  });
  return fitted;
}

/** For each pixel of a line, the pixels of the scaled line that it covers, and the length in each.
 * @param {number} length @param {number} zoom @returns {[number, number][][]} */
function sharesOf(length, zoom) {
  return Array.from({ length }, (_, i) => {
    const [from, to] = [i * zoom, Math.min(BOX_SIDE, (i + 1) * zoom)];
    /** @type {[number, number][]} */
    const shares = [];
    for (let pixel = Math.floor(from); pixel < to; pixel++) {
      shares.push([pixel, Math.min(to, pixel + 1) - Math.max(from, pixel)]);
    }
    return shares;
  });
}

/** The offset of the 20x20 pixels in 28x28; the whole digit stays inside, even if its centre of mass is far off.
 * @param {Float32Array} fitted @param {number} width of the digit in it @param {number} height */
function offsetsOf(fitted, width, height) {
  let [ink, right, down] = [0, 0, 0];
  for (let i = 0; i < fitted.length; i++) {
    ink += fitted[i];
    right += fitted[i] * (i % BOX_SIDE);
    down += fitted[i] * Math.floor(i / BOX_SIDE);
  }
  const place = (/** @type {number} */ moment, /** @type {number} */ length) => {
    return Math.min(PICTURE_SIDE - Math.ceil(length), Math.max(0, Math.round(CENTRE - moment / ink)));
  };
  return [place(right, width), place(down, height)];
}

/** x of a drawing for a Bernoulli model: each pixel is 1 with the probability of its grey level. The random numbers are
 * always the same, so that unchanged pixels of the drawing give unchanged pixels of x.
 * @param {Float32Array} grey [784] in 0..1 @returns {Float32Array} [784] in {0, 1} */
export function binarised(grey) {
  return grey.map((level, i) => Number(level > thresholds[i]));
}

const thresholds = Float32Array.from({ length: PICTURE_PIXELS }, uniformDraws(20_140_416));
