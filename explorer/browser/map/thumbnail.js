// A ring around the code of the selected image or drawing, and its picture beside it.

import { drawPicture } from "../ui/pictures.js";
import { toPixels } from "./view.js";

/** A code and the picture of its image: pixels [784] in 0..scale.
 * @typedef {{z: ArrayLike<number>, pixels: ArrayLike<number>, scale: number}} Pictured */

const SIDE_PX = 56; // 2 pixels of the screen for each of the picture
const AWAY_PX = 26; // from the code to the nearer edge of the picture
const RAISED_PX = 20; // of the picture's middle above the code, which leaves room for a magnifier's line

export class Thumbnail {
  /** @param {import("./scene.js").Scene} scene */
  constructor(scene) {
    this.scene = scene;
    this.ring = /** @type {HTMLElement} */ (scene.plot.querySelector(".lse-ring"));
    this.canvas = /** @type {HTMLCanvasElement} */ (scene.plot.querySelector(".lse-thumbnail"));
  }

  /** @param {Pictured | null} pictured null: nothing is selected @param {import("./view.js").View} view */
  show(pictured, view) {
    const { side } = this.scene;
    const [x, y] = pictured ? toPixels(view, side, pictured.z[0], pictured.z[1]) : [-1, -1];
    const seen = Math.min(x, y) >= 0 && Math.max(x, y) <= side;
    this.ring.hidden = this.canvas.hidden = !seen;
    if (!seen || !pictured) return;
    drawPicture(this.canvas, pictured.pixels, pictured.scale);
    const left = x > side / 2 ? x - AWAY_PX - SIDE_PX : x + AWAY_PX;
    const top = Math.min(side - SIDE_PX, Math.max(0, y - RAISED_PX - SIDE_PX / 2));
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
    this.canvas.style.transform = `translate(${left}px, ${top}px)`;
  }
}
