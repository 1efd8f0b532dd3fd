// A small map for a scene: the codes of a model, a handle if it is wanted, and whatever the scene draws over them.

import { chosenIn } from "../../browser/map/ellipses.js";
import { glide, GLIDE } from "../../browser/map/glide.js";
import { Scene } from "../../browser/map/scene.js";
import { build } from "../../browser/map/stage.js";
import { SHARED_VIEW, toLatent } from "../../browser/map/view.js";
import { element } from "../../browser/ui/dom.js";
import { listenToHandle } from "../../browser/ui/gestures.js";

/** @typedef {import("../../browser/map/view.js").View} View */
/** @typedef {import("../../browser/map/loading.js").Loaded} Loaded */

/** What a map of codes shows. */
export const CODES =
  "Each point: the code of one of 10,000 test images, where the encoder puts it. Dotted: 1 and 2 σ of the prior p(z).";
const ALL_DIGITS = "0123456789";
const KEY_STEP = 0.01; // of half the window

/** A scene of the map without room for axes and legend. */
class Square extends Scene {
  /** @param {string[]} _names @param {number} [sharp] canvas pixels per CSS pixel */
  resize(_names, sharp = Math.min(2, devicePixelRatio)) {
    const side = this.stage.clientWidth;
    if (!side || side === this.side) return false;
    Object.assign(this, { width: side, side, sharp });
    this.canvas.width = this.canvas.height = Math.round(side * sharp);
    this.image = new ImageData(this.canvas.width, this.canvas.height);
    const place = { left: "0", top: "0", width: `${side}px`, height: `${side}px` };
    for (const layer of [this.canvas, this.plot]) Object.assign(layer.style, place);
    return true;
  }
}

export class Plot {
  /** @param {HTMLElement} root is filled @param {import("./kit.js").Kit} kit
   * @param {{dragged?: (z: Float32Array, final: boolean) => void, over?: (view: View, side: number) => SVGElement[],
   *   ellipses?: boolean, caption?: string}} act dragged: the handle moves, and without it there is none; over: what is
   * drawn above the codes */
  constructor(root, { data, signal }, { dragged, over = () => [], ellipses = true, caption = "" }) {
    this.over = over;
    this.withEllipses = ellipses;
    const stage = element("div", "lse-stage");
    const box = element("figure", "lse-plot-box", stage, ...(caption ? [element("figcaption", "", caption)] : []));
    root.append(box);
    build(box);
    this.scene = new Square(/** @type {HTMLElement} */ (root.closest(".lse")), stage, data.class_colours);
    this.scene.plot.removeAttribute("tabindex");
    this.scene.plot.setAttribute("aria-label", caption || "map");
    this.scene.plot.setAttribute("role", "group");
    this.scene.handle.hidden = !dragged;
    this.z = new Float32Array(2);
    this.signal = signal;
    /** @type {import("../../browser/map/glide.js").Placement} */
    this.place = { points: new Float32Array(0), stddev: new Float32Array(0), labelPositions: [], view: SHARED_VIEW };
    /** @type {Uint8Array} */
    this.label = new Uint8Array(0);
    /** @type {number[]} the images whose ellipses are drawn */
    this.chosen = [];
    this.stopGlide = () => {};
    if (dragged) this.listen(dragged);
    this.scene.root.addEventListener("restyle", () => this.restyle(), { signal });
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(stage);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      this.stopGlide();
    });
  }

  /** Show the codes of a model at once. @param {Pick<Loaded, "mean" | "stddev" | "labelPositions" | "label">} loaded
   * @param {View} [view] */
  show({ mean, stddev, labelPositions, label }, view = this.place.view) {
    this.stopGlide();
    this.label = label;
    this.place = { points: mean, stddev, labelPositions, view };
    this.choose();
    this.resize();
    this.paint();
  }

  /** Let the codes move to those of another model, and then the camera. @param {Loaded} loaded @param {View} view
   * @returns {Promise<void>} when both have arrived */
  glideTo({ mean, stddev, labelPositions }, view) {
    this.stopGlide();
    return new Promise((resolve) => {
      const to = { points: mean, stddev, labelPositions, view };
      this.stopGlide = glide(this.place, to, GLIDE, (place, arrived) => {
        this.place = place;
        if (arrived) this.choose();
        this.paint();
        if (arrived) resolve();
      });
    });
  }

  /** Let the camera move. @param {View} view */
  lookAt(view) {
    this.stopGlide();
    this.stopGlide = glide(this.place, { ...this.place, view }, { codes: 0, camera: GLIDE.camera }, (place, arrived) => {
      this.place = place;
      if (arrived) this.choose();
      this.paint();
    });
  }

  choose() {
    this.chosen = this.withEllipses ? chosenIn(this.place, this.label, () => true) : [];
  }

  /** @param {View} view */
  look(view) {
    this.place = { ...this.place, view };
    this.paint();
  }

  resize() {
    if (this.scene.resize([])) this.paint();
  }

  restyle() {
    this.scene.readTheme();
    this.paint();
  }

  paint() {
    if (!this.scene.side) return;
    this.scene.paint(this.place, this.label, ALL_DIGITS, this.chosen);
    this.mark();
  }

  /** Draw all that is not a code. */
  mark() {
    const { labelPositions, view } = this.place;
    const names = labelPositions.map((place, digit) => ({ name: String(digit), place }));
    this.scene.placeHandle(view, this.z);
    this.scene.mark(view, names, null, null);
    for (const circle of this.scene.marks.querySelectorAll(".lse-prior")) circle.setAttribute("data-of", "prior");
    this.scene.marks.append(...this.over(view, this.scene.side));
  }

  /** @param {number} z1 @param {number} z2 */
  put(z1, z2) {
    this.z = Float32Array.of(z1, z2);
    if (this.scene.side) this.scene.placeHandle(this.place.view, this.z);
  }

  /** @param {(z: Float32Array, final: boolean) => void} dragged */
  listen(dragged) {
    const { scene } = this;
    let [left, top] = [0, 0];
    const move = (/** @type {number} */ z1, /** @type {number} */ z2) => {
      const { x, y, half } = this.place.view;
      this.put(Math.min(x + half, Math.max(x - half, z1)), Math.min(y + half, Math.max(y - half, z2)));
      scene.handle.classList.add("lse-touched");
      dragged(this.z, false);
    };
    listenToHandle(scene.handle, this.signal, {
      grab: () => ([left, top] = scene.handleAt),
      drag: (right, down) => {
        const [z1, z2] = toLatent(this.place.view, scene.side, left + right, top + down);
        move(z1, z2);
      },
      step: (right, up) => {
        const step = KEY_STEP * this.place.view.half;
        move(this.z[0] + step * right, this.z[1] + step * up);
      },
      release: () => dragged(this.z, true),
    });
  }
}
