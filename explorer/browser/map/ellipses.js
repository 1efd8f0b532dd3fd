// The ellipses of some codes: one sigma of q(z|x), to scale, of the same images under every model.

import { toPixels } from "./view.js";

const SHOWN = 50; // ellipses in a window, if it shows as many codes

const LINE_PX = 1.5;
const LEAST_PX = 0.75; // of a half axis; a smaller ellipse is a dot, which its code is already

/** The first images in view, of each class in turn: a window that shows fewer codes has more of its codes among them.
 * @param {import("./glide.js").Placement} place @param {Uint8Array} label [N]
 * @param {(digit: number) => boolean} shows whether a class is visible
 * @returns {number[]} at most SHOWN */
export function chosenIn({ points, view }, label, shows) {
  const chosen = [];
  for (const image of turnsOf(label)) {
    if (chosen.length === SHOWN) break;
    const [z1, z2] = [points[2 * image], points[2 * image + 1]];
    if (Math.max(Math.abs(z1 - view.x), Math.abs(z2 - view.y)) <= view.half && shows(label[image])) chosen.push(image);
  }
  return chosen;
}

/** @type {WeakMap<Uint8Array, Uint32Array>} */
const turns = new WeakMap();

/** All images, the first of each class before the second of any. @param {Uint8Array} label [N] */
function turnsOf(label) {
  const found = turns.get(label);
  if (found) return found;
  const seen = new Uint32Array(256);
  const turn = Array.from(label, (digit) => seen[digit]++);
  const order = Uint32Array.from(label.keys()).sort((a, b) => turn[a] - turn[b] || label[a] - label[b]);
  turns.set(label, order);
  return order;
}

/** @param {CanvasRenderingContext2D} context of a square canvas @param {import("./glide.js").Placement} place
 * @param {number[]} chosen images @param {(image: number) => string} colourOf @param {string} paper
 * @param {number} sharp canvas pixels per CSS pixel */
export function paintEllipses(context, { points, stddev, view }, chosen, colourOf, paper, sharp) {
  const side = context.canvas.width;
  const scale = side / (2 * view.half);
  for (const [width, tone] of /** @type {const} */ ([[2.5, "paper"], [1, "class"]])) {
    context.lineWidth = width * LINE_PX * sharp;
    context.globalAlpha = tone === "paper" ? 0.7 : 1;
    for (const image of chosen) {
      const [x, y] = toPixels(view, side, points[2 * image], points[2 * image + 1]);
      const [rx, ry] = [scale * stddev[2 * image], scale * stddev[2 * image + 1]];
      if (Math.max(rx, ry) < LEAST_PX * sharp) continue;
      context.strokeStyle = tone === "paper" ? paper : colourOf(image);
      context.beginPath();
      context.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}
