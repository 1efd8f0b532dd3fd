// The close-up of the posterior p(z|x), with the Gaussians that approximate it, to scale.

import { toPixels } from "../../browser/map/view.js";
import { paintHeat } from "./heat.js";
import { ticksBetween } from "../../browser/ui/ticks.js";
import { smallType } from "../../browser/ui/type.js";

/** @typedef {import("../../browser/map/view.js").View} View */
/** N(mean, tril tril^T). @typedef {import("../../browser/inference/gaussian.js").Gaussian} Gaussian */
/** @typedef {{text: string, paper: string, muted: string, line: string, font: string, fitted: string}} CloseInk */
/** The content of the close-up. @typedef {{window: View, tiles: import("./heat.js").Tiles, q: Gaussian | null,
 *   lookedUp: Gaussian | null, fitted: Gaussian | null}} Scenery */
/** cased: on a broader line in the paper's colour, with a diamond instead of a dot.
 * @typedef {{colour: string, width: number, dash: number[], cased?: string}} Look */

const MARGIN = { left: 64, right: 6, top: 8, bottom: 46 }; // px
const OUTLINE_POINTS = 72;
const TICKS = 5;
const SMALL = 8; // px: dots along a smaller sigma would cover what they frame

/** The points k sigma from the mean: m + k L (cos t, sin t). @param {Gaussian} q @param {number} k */
export function outlineOf({ mean, tril }, k) {
  return Array.from({ length: OUTLINE_POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / OUTLINE_POINTS;
    const [u, v] = [k * Math.cos(angle), k * Math.sin(angle)];
    return [mean[0] + tril[0][0] * u + tril[0][1] * v, mean[1] + tril[1][0] * u + tril[1][1] * v];
  });
}

/** A closed line. @param {number[][]} points in pixels */
function pathOf(points) {
  const path = new Path2D();
  for (const [x, y] of points) path.lineTo(x, y);
  path.closePath();
  return path;
}

/** @param {number[]} centre in pixels */
function dotAt([x, y]) {
  const path = new Path2D();
  path.arc(x, y, 3, 0, 2 * Math.PI);
  return path;
}

/** @param {number[]} centre in pixels @param {number} reach of its corners */
function diamondAt([x, y], reach) {
  return pathOf([[x, y - reach], [x + reach, y], [x, y + reach], [x - reach, y]]);
}

export class CloseUp {
  /** @param {HTMLElement} root which contains the canvas */
  constructor(root) {
    this.root = root;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {Scenery | null} */
    this.scenery = null;
  }

  /** @param {Scenery | null} scenery @param {CloseInk} ink @param {import("../../browser/map/points.js").Rgb} paper
   * @param {import("../../browser/map/points.js").Rgb} heat */
  show(scenery, ink, paper, heat) {
    this.scenery = scenery;
    this.ink = ink;
    this.canvas.hidden = !scenery;
    const side = this.resize();
    if (!scenery || side <= 0) return;
    const image = this.heatOf(scenery, Math.round(side * this.sharp), paper, heat);
    this.context.putImageData(image, MARGIN.left * this.sharp, MARGIN.top * this.sharp);
    this.context.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    this.drawAxes(scenery.window, side, ink);
    this.drawWithin(scenery, side, ink);
  }

  /** Fill the available width. @returns {number} the side of the plot, in pixels */
  resize() {
    this.sharp = Math.min(2, devicePixelRatio);
    const width = this.canvas.clientWidth;
    const side = width - MARGIN.left - MARGIN.right;
    this.canvas.width = Math.round(width * this.sharp);
    this.canvas.height = Math.round((side + MARGIN.top + MARGIN.bottom) * this.sharp);
    return side;
  }

  sharp = 1;

  /** The heat map, cached, because q moves over it many times.
   * @param {Scenery} scenery @param {number} side @param {number[]} paper
   * @param {import("../../browser/map/points.js").Rgb} heat */
  heatOf({ tiles, window }, side, [red, green, blue], heat) {
    const key = [side, red, ...heat].join();
    if (this.painted?.tiles === tiles && this.painted.key === key) return this.painted.image;
    const image = new ImageData(side, side);
    new Uint32Array(image.data.buffer).fill((255 << 24) | (blue << 16) | (green << 8) | red);
    paintHeat(image, window, tiles, heat, 1);
    this.painted = { tiles, key, image };
    return image;
  }

  /** @type {{tiles: import("./heat.js").Tiles, key: string, image: ImageData} | undefined} */
  painted;

  /** @param {View} view @param {number} side @param {CloseInk} ink */
  drawAxes(view, side, ink) {
    const { context } = this;
    const { left, top, bottom } = MARGIN;
    context.font = `${smallType()}px ${ink.font}`;
    Object.assign(context, { fillStyle: ink.text, strokeStyle: ink.line, lineWidth: 1, textBaseline: "middle" });
    for (const axis of [0, 1]) {
      const centre = axis ? view.y : view.x;
      for (const { value, text } of ticksBetween(centre - view.half, centre + view.half, TICKS)) {
        const [x, y] = toPixels(view, side, axis ? view.x : value, axis ? value : view.y);
        context.textAlign = axis ? "right" : "center";
        if (axis) context.fillText(text, left - 5, top + y);
        else context.fillText(text, left + x, top + side + 12);
        context.strokeRect(axis ? left : left + x, axis ? top + y : top, axis ? side : 0, axis ? 0 : side);
      }
    }
    context.strokeRect(left, top, side, side);
    context.fillStyle = ink.muted;
    context.textAlign = "center";
    context.fillText("z₁", left + side / 2, top + side + bottom - 8);
    context.fillText("z₂", 10, top + side / 2);
  }

  /** @param {Scenery} scenery @param {number} side @param {CloseInk} ink */
  drawWithin({ window, q, lookedUp, fitted }, side, ink) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, MARGIN.top, side, side);
    context.clip();
    context.translate(MARGIN.left, MARGIN.top);
    this.drawPrior(window, side, ink);
    if (q) this.drawGaussian(q, window, side, { colour: ink.text, width: 1.5, dash: [] });
    if (lookedUp) this.drawLookedUp(lookedUp, window, side, ink);
    if (fitted) this.drawGaussian(fitted, window, side, { colour: ink.fitted, width: 2.5, dash: [6, 3] });
    context.restore();
  }

  /** Dotted outlines; a frame around q where they would cover p(z|x). @param {Gaussian} q @param {View} view
   * @param {number} side @param {CloseInk} ink */
  drawLookedUp(q, view, side, { text, paper }) {
    const radius = (side * Math.hypot(...q.tril.flat())) / (2 * view.half);
    if (radius > SMALL) return this.drawGaussian(q, view, side, { colour: text, width: 3.5, dash: [0.1, 6], cased: paper });
    this.context.setLineDash([]);
    this.strokeAll([diamondAt(toPixels(view, side, q.mean[0], q.mean[1]), 2 * SMALL)], text, 2.5);
  }

  /** The outlines at 1 and 2 sigma, and the mean. @param {Gaussian} q @param {View} view @param {number} side
   * @param {Look} look */
  drawGaussian(q, view, side, { colour, width, dash, cased }) {
    const { context } = this;
    const at = (/** @type {number[]} */ [z1, z2]) => toPixels(view, side, z1, z2);
    const rings = [1, 2].map((k) => pathOf(outlineOf(q, k).map(at)));
    Object.assign(context, { lineCap: cased ? "round" : "butt", fillStyle: colour });
    if (cased) this.strokeAll(rings, cased, width + 2.5);
    context.setLineDash(dash);
    this.strokeAll(rings, colour, width);
    context.setLineDash([]);
    context.fill(cased ? diamondAt(at(q.mean), 5) : dotAt(at(q.mean)));
    context.lineCap = "butt";
  }

  /** @param {Path2D[]} paths @param {string} colour @param {number} width */
  strokeAll(paths, colour, width) {
    Object.assign(this.context, { strokeStyle: colour, lineWidth: width });
    for (const path of paths) this.context.stroke(path);
  }

  /** The origin, or the direction to it: the prior moves the posterior that way. @param {View} view
   * @param {number} side @param {CloseInk} ink */
  drawPrior(view, side, ink) {
    const { context } = this;
    Object.assign(context, { strokeStyle: ink.muted, fillStyle: ink.muted, lineWidth: 1.5, textBaseline: "middle" });
    const [x, y] = toPixels(view, side, 0, 0);
    if (Math.max(Math.abs(x - side / 2), Math.abs(y - side / 2)) < side / 2) {
      context.strokeRect(x - 6, y, 12, 0);
      context.strokeRect(x, y - 6, 0, 12);
      context.textAlign = "left";
      return this.write("prior’s mean", x + 9, y - 9, ink);
    }
    this.drawArrow(side, Math.atan2(y - side / 2, x - side / 2), Math.hypot(view.x, view.y), ink);
  }

  /** @param {number} side @param {number} angle @param {number} distance in units of z
   * @param {CloseInk} ink */
  drawArrow(side, angle, distance, ink) {
    const { context } = this;
    const reach = (side / 2 - 12) / Math.max(Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle)));
    const [x, y] = [side / 2 + reach * Math.cos(angle), side / 2 + reach * Math.sin(angle)];
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    context.beginPath();
    context.moveTo(-24, 0);
    context.lineTo(4, 0);
    context.moveTo(-4, -5);
    context.lineTo(4, 0);
    context.lineTo(-4, 5);
    context.stroke();
    context.restore();
    context.textAlign = "center";
    // At the upper or lower edge, which is clear of the ellipses, and not on the arrow.
    const edge = y > side / 2 !== Math.abs(y - side / 2) > side / 2 - 30 ? side - 12 : 12;
    this.write(`prior’s mean, ${distance.toFixed(1)} units of z away`, side / 2, edge, ink);
  }

  /** Text that is legible on any heat. @param {string} words @param {number} x @param {number} y
   * @param {CloseInk} ink */
  write(words, x, y, ink) {
    const { context } = this;
    Object.assign(context, { strokeStyle: ink.paper, lineWidth: 4, lineJoin: "round", fillStyle: ink.text });
    context.strokeText(words, x, y);
    context.fillText(words, x, y);
  }
}
