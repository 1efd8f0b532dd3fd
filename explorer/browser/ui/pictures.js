// 28x28 pictures, white on black like MNIST, never smoothed.

export const PICTURE_SIDE = 28;
export const PICTURE_PIXELS = PICTURE_SIDE * PICTURE_SIDE;

/** Draw values onto a canvas of 28x28; CSS enlarges it by an integer factor.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values [784] @param {number} white the value of white */
export function drawPicture(canvas, values, white) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = (pictureImage ??= new ImageData(PICTURE_SIDE, PICTURE_SIDE));
  for (let i = 0; i < PICTURE_PIXELS; i++) {
    const ink = (255 * values[i]) / white;
    image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = ink;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** @type {ImageData | undefined} */
let pictureImage;

/** A canvas with values drawn on it. @param {ArrayLike<number>} values [784] @param {number} white */
export function newPicture(values, white) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PICTURE_SIDE;
  drawPicture(canvas, values, white);
  return canvas;
}

/** The held-out images: pixels as stored, and x as the model sees it, one bit per pixel. */
export class Images {
  /** @param {import("../net/tensors.js").Tensors} tensors pixels uint8 [N, 784], x uint8 [N, 98] */
  constructor(tensors) {
    this.stored = tensors.pixels;
    this.bits = tensors.x;
  }

  /** @param {number} index @returns {ArrayLike<number>} [784] in 0..255 */
  pixels(index) {
    return this.stored.subarray(index * PICTURE_PIXELS, (index + 1) * PICTURE_PIXELS);
  }

  /** @param {number} index @returns {ArrayLike<number>} [784] in {0, 1} */
  binary(index) {
    const first = (index * PICTURE_PIXELS) / 8;
    return Uint8Array.from({ length: PICTURE_PIXELS }, (_, i) => (this.bits[first + (i >> 3)] >> (7 - (i & 7))) & 1);
  }
}
