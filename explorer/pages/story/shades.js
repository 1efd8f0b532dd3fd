// Shades of p(z|x) below the points of a map.

import { SIDE } from "../../browser/inference/evidence.js";

/** @param {import("../../browser/inference/evidence.js").Picture} picture @param {() => {paper: number[], ink: number[]}} colours
 * @returns {(image: ImageData, view: import("../../browser/map/view.js").View) => void} for Scene's underlay */
export function shadesOf({ tiles, logDensity }, colours) {
  const most = logDensity.reduce((a, b) => Math.max(a, b));
  return (image, { x, y, half }) => {
    const { paper, ink } = colours();
    const scale = image.width / (2 * half);
    const column = (/** @type {number} */ z1) => Math.round(Math.min(image.width, Math.max(0, (z1 - x + half) * scale)));
    const row = (/** @type {number} */ z2) => Math.round(Math.min(image.height, Math.max(0, (y + half - z2) * scale)));
    logDensity.forEach((log, i) => {
      const { low, width } = tiles[Math.floor(i / SIDE ** 2)];
      const [first, second] = [Math.floor(i / SIDE) % SIDE, i % SIDE].map((at, axis) => low[axis] + (width * at) / SIDE);
      const shade = Math.exp((log - most) / 2); // the square root shows the tails
      const colour = paper.map((tone, k) => tone + (ink[k] - tone) * shade);
      for (let v = row(second + width / SIDE); v < row(second); v++) {
        for (let u = column(first); u < column(first + width / SIDE); u++) image.data.set(colour, 4 * (v * image.width + u));
      }
    });
  };
}
