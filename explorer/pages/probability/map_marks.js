// The marks on the map: the window of the close-up, the q that was looked up, the fitted q, and draws from the prior.

import { svg } from "../../browser/ui/dom.js";
import { toPixels } from "../../browser/map/view.js";
import { outlineOf } from "./close_up.js";

/** @typedef {import("../../browser/map/view.js").View} View */

const PLACE_PX = 6; // half the width of the diamond
const MIN_PX = 12; // the least side of the square that marks the close-up

export class MapMarks {
  /** @param {import("../../browser/map/pane.js").Pane} pane */
  constructor(pane) {
    this.pane = pane;
    this.layer = svg("svg", { class: "lse-marks lse-over", "aria-hidden": "true" });
    pane.scene.marks.after(this.layer);
    /** @type {View | null} */
    this.window = null;
    /** @type {import("../../browser/inference/gaussian.js").Gaussian | null} */
    this.fitted = null;
    /** @type {import("../../browser/inference/gaussian.js").Gaussian | null} */
    this.lookedUp = null;
    /** @type {Float32Array[]} */
    this.landed = [];
    /** @type {Element[]} */
    this.drops = [];
  }

  /** @param {View | null} window @param {import("../../browser/inference/gaussian.js").Gaussian | null} fitted
   * @param {import("../../browser/inference/gaussian.js").Gaussian | null} lookedUp */
  show(window, fitted, lookedUp) {
    this.window = window;
    this.fitted = fitted;
    this.lookedUp = lookedUp;
  }

  /** @param {Float32Array[]} places of draws of z */
  land(places) {
    this.landed = places;
    this.drops = places.map((_, i) => {
      const drop = svg("circle", { r: places.length > 1 ? 3.5 : 6, class: "lse-drop" });
      drop.setAttribute("style", `animation-delay: ${(600 * i) / places.length}ms`);
      return drop;
    });
    this.layer.replaceChildren(...this.drops);
    this.draw();
  }

  draw() {
    const { pane, drops } = this;
    const { view } = pane.place;
    const side = pane.scene.side;
    drops.forEach((drop, i) => {
      const [cx, cy] = toPixels(view, side, this.landed[i][0], this.landed[i][1]);
      drop.setAttribute("cx", String(cx));
      drop.setAttribute("cy", String(cy));
    });
    // Inserting a mark again would restart its animation.
    for (const mark of [...this.layer.children]) if (!drops.includes(mark)) mark.remove();
    if (this.window) this.layer.append(windowMark(this.window, view, side));
    if (this.lookedUp) this.layer.append(...ringsOf(this.lookedUp, view, side, "lse-looked-up"));
    if (this.lookedUp) this.layer.append(placeOf(this.lookedUp, view, side));
    if (this.fitted) this.layer.append(...ringsOf(this.fitted, view, side, "lse-fitted"));
  }
}

/** @param {View} window @param {View} view @param {number} side */
function windowMark(window, view, side) {
  const [x, y] = toPixels(view, side, window.x, window.y);
  const width = Math.max(MIN_PX, (window.half / view.half) * side);
  return svg("rect", { x: x - width / 2, y: y - width / 2, width, height: width, class: "lse-window" });
}

/** @param {import("../../browser/inference/gaussian.js").Gaussian} q @param {View} view @param {number} side
 * @param {string} name of the class */
function ringsOf(q, view, side, name) {
  return [1, 2].map((k) => {
    const points = outlineOf(q, k).map(([z1, z2]) => toPixels(view, side, z1, z2).join(","));
    return svg("polygon", { points: points.join(" "), class: name });
  });
}

/** A diamond at q's mean, for q itself may be too small to be seen.
 * @param {import("../../browser/inference/gaussian.js").Gaussian} q @param {View} view @param {number} side */
function placeOf({ mean: [z1, z2] }, view, side) {
  const [x, y] = toPixels(view, side, z1, z2);
  return svg("path", { d: `M${x} ${y - PLACE_PX}l${PLACE_PX} ${PLACE_PX} ${-PLACE_PX} ${PLACE_PX} ${-PLACE_PX} ${-PLACE_PX}z`, class: "lse-looked-up-place" });
}
