// The latent grid behind the points: a decoded picture for each cell of the window.

import { PICTURE_PIXELS, PICTURE_SIDE } from "../ui/pictures.js";
import { inSlices } from "../ui/slices.js";

const CELLS = 20;

/** Decode the centre of each of 20 x 20 cells of the view, a few per frame.
 * @param {import("../net/decoder.js").Decoder} decoder
 * @param {import("./view.js").View} view
 * @param {() => boolean} stale true ends the work
 * @returns {Promise<Float32Array | null>} ink 0..1 [560, 560], the grid as one picture; null when stale */
export function decodeGrid(decoder, view, stale) {
  return inSlices(gridInSteps(decoder, view), stale);
}

/** One cell a step. @param {import("../net/decoder.js").Decoder} decoder @param {import("./view.js").View} view
 * @returns {Generator<void, Float32Array, void>} */
function* gridInSteps(decoder, view) {
  const side = CELLS * PICTURE_SIDE;
  const ink = new Float32Array(side * side);
  const z = new Float32Array(2);
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const [row, column] = [Math.floor(cell / CELLS), cell % CELLS];
    z[0] = view.x + view.half * ((2 * column + 1) / CELLS - 1);
    z[1] = view.y - view.half * ((2 * row + 1) / CELLS - 1);
    const pixels = decoder.decode(z);
    for (let i = 0; i < PICTURE_PIXELS; i++) {
      const line = row * PICTURE_SIDE + Math.floor(i / PICTURE_SIDE);
      ink[line * side + column * PICTURE_SIDE + (i % PICTURE_SIDE)] = pixels[i];
    }
    yield;
  }
  return ink;
}

const STRENGTH = 0.45; // opacity of the ink, so that the points stay more visible than the grid

/** The grid scaled to a square image by nearest neighbour, with colours between paper and ink.
 * @param {Float32Array} ink @param {number} side
 * @param {import("./points.js").Rgb} paper @param {import("./points.js").Rgb} full */
export function gridImage(ink, side, paper, full) {
  const image = new ImageData(side, side);
  const source = Math.sqrt(ink.length);
  for (let row = 0, at = 0; row < side; row++) {
    const line = Math.floor((row * source) / side) * source;
    for (let column = 0; column < side; column++, at += 4) {
      const share = STRENGTH * ink[line + Math.floor((column * source) / side)];
      for (let k = 0; k < 3; k++) image.data[at + k] = paper[k] + (full[k] - paper[k]) * share;
      image.data[at + 3] = 255;
    }
  }
  return image;
}
