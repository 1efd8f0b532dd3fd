// Pictures side by side on one canvas.

import { drawPicture, newPicture, PICTURE_PIXELS, PICTURE_SIDE } from "../../browser/ui/pictures.js";

/** @param {ArrayLike<number>[]} pictures [784] each, in 0..1 @param {number} columns */
export function mosaic(pictures, columns) {
  const canvas = document.createElement("canvas");
  canvas.width = columns * PICTURE_SIDE;
  canvas.height = Math.ceil(pictures.length / columns) * PICTURE_SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const one = newPicture(new Float32Array(PICTURE_PIXELS), 1);
  pictures.forEach((picture, i) => {
    drawPicture(one, picture, 1);
    context.drawImage(one, (i % columns) * PICTURE_SIDE, Math.floor(i / columns) * PICTURE_SIDE);
  });
  canvas.className = "lse-sheet-of-draws";
  return canvas;
}
