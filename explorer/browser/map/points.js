// Paints ten thousand points as small discs into one image, fast enough for every frame.

import { toPixels } from "./view.js";

/** @typedef {[number, number, number]} Rgb 0..255 */

const PHASES = 4; // a disc is drawn for each quarter of a pixel, so that slow motion does not jitter

/** Paint the points over the image's content.
 * @param {ImageData} image square
 * @param {Float32Array} points [N, 2], in units of z
 * @param {Uint8Array} labels [N]
 * @param {(Rgb | null)[]} colours by label; null hides the class
 * @param {import("./view.js").View} view
 * @param {number} radius of a disc, in pixels of the image
 * @param {number} opacity of a disc, 0..1 */
export function paintPoints(image, points, labels, colours, view, radius, opacity = 1) {
  const side = image.width;
  const data = image.data;
  const reach = Math.ceil(radius + 1);
  const discs = discsOf(radius, reach, side, opacity);
  for (let i = 0; i < labels.length; i++) {
    const colour = colours[labels[i]];
    if (!colour) continue;
    const [left, top] = toPixels(view, side, points[2 * i], points[2 * i + 1]);
    if (!(left > -reach && top > -reach && left < side + reach && top < side + reach)) continue;
    if (left < reach || top < reach || left >= side - reach - 1 || top >= side - reach - 1) {
      stampCut(image, left, top, radius, opacity, colour);
      continue;
    }
    const [column, row] = [Math.floor(left), Math.floor(top)];
    const phase = Math.floor((top - row) * PHASES) * PHASES + Math.floor((left - column) * PHASES);
    stamp(data, 4 * (row * side + column), discs[phase], colour);
  }
}

/** @param {Uint8ClampedArray} data @param {number} at @param {Int32Array} disc @param {Rgb} colour */
function stamp(data, at, disc, [red, green, blue]) {
  for (let k = 0; k < disc.length; k += 2) {
    const to = at + disc[k];
    const cover = disc[k + 1];
    data[to] += ((red - data[to]) * cover) >> 8;
    data[to + 1] += ((green - data[to + 1]) * cover) >> 8;
    data[to + 2] += ((blue - data[to + 2]) * cover) >> 8;
  }
}

/** The visible part of a disc at the edge of the image.
 * @param {ImageData} image @param {number} left @param {number} top @param {number} radius @param {number} opacity
 * @param {Rgb} colour */
function stampCut({ data, width: side }, left, top, radius, opacity, colour) {
  const within = (/** @type {number} */ place) => Math.min(side - 1, Math.max(0, Math.floor(place)));
  for (let row = within(top - radius - 1); row <= within(top + radius + 1); row++) {
    for (let column = within(left - radius - 1); column <= within(left + radius + 1); column++) {
      const cover = coverAt(Math.hypot(column + 0.5 - left, row + 0.5 - top), radius, opacity);
      stamp(data, 4 * (row * side + column), Int32Array.of(0, cover), colour);
    }
  }
}

/** The coverage of a pixel by a disc, 0..230 of 256. @param {number} distance of their centres @param {number} radius
 * @param {number} opacity */
function coverAt(distance, radius, opacity) {
  return Math.round(230 * opacity * Math.min(1, Math.max(0, radius + 0.5 - distance)));
}

/** For each phase, pairs of (offset into the image's bytes, cover 0..256).
 * @param {number} radius @param {number} reach @param {number} side @param {number} opacity */
function discsOf(radius, reach, side, opacity) {
  return Array.from({ length: PHASES * PHASES }, (_, phase) => {
    const [x, y] = [((phase % PHASES) + 0.5) / PHASES - 0.5, (Math.floor(phase / PHASES) + 0.5) / PHASES - 0.5];
    const pairs = [];
    for (let row = -reach; row <= reach; row++) {
      for (let column = -reach; column <= reach; column++) {
        const cover = coverAt(Math.hypot(column - x, row - y), radius, opacity);
        if (cover > 4) pairs.push(4 * (row * side + column), cover);
      }
    }
    return Int32Array.from(pairs);
  });
}
