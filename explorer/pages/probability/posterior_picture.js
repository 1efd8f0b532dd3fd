// The answer as pictures: x, and p(z|x) on the map and in the close-up, with each q that approximates it.

import { rgbOf } from "../../browser/ui/dom.js";
import { drawPicture, PICTURE_PIXELS } from "../../browser/ui/pictures.js";
import { countOutside } from "../../browser/map/view.js";
import { CloseUp } from "./close_up.js";
import { paintHeat } from "./heat.js";
import { MapMarks } from "./map_marks.js";

/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
/** @typedef {import("../../browser/inference/gaussian.js").Gaussian} Gaussian */

const STALE = 0.35; // opacity of an outdated heat map while the new one is computed

export class PosteriorPicture {
  /** @param {HTMLElement} root @param {import("../../browser/map/pane.js").Pane} pane */
  constructor(root, pane) {
    this.root = root;
    this.pane = pane;
    this.closeUp = new CloseUp(this.find(".lse-close"));
    this.marks = new MapMarks(pane);
    /** @type {Inference | null} */
    this.answer = null;
    /** @type {import("./heat.js").Tiles | null} */
    this.tiles = null;
    /** @type {Gaussian | null} */
    this.fitted = null;
    /** @type {Gaussian | null} */
    this.lookedUp = null;
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {Inference | null} answer */
  take(answer) {
    this.answer = answer;
    if (!answer) this.fitted = this.lookedUp = null;
    this.tiles = answer && answer.tiles;
    this.pane.external = answer && answer.image < 0 && answer.q ? externalOf(answer.q) : null;
    this.find(".lse-modes").textContent = answer ? modesOf(answer) : "";
  }

  /** @param {Uint8Array | null} x [784] in 0..255, or null if it is not known @param {string} name */
  showX(x, name) {
    const picture = /** @type {HTMLCanvasElement} */ (this.find(".lse-x-picture"));
    this.find("[data-testid=x-name]").textContent = name;
    picture.setAttribute("aria-label", name || "x");
    drawPicture(picture, x ?? new Uint8Array(PICTURE_PIXELS), 255);
  }

  /** Say what to do if there are no images. @param {{dataset: string, images_url: string | null}} model
   * @param {string} problem the current error, which already says it */
  invite({ dataset, images_url }, problem) {
    const invitation = this.find(".lse-invitation");
    invitation.hidden = Boolean(images_url || problem);
    invitation.textContent = `The ${dataset} images are not on the server. Draw an image, or sample one, to see its posterior.`;
  }

  /** Draw the map and the close-up. */
  show() {
    const { pane, tiles } = this;
    const heat = this.heatColour;
    const strength = this.root.dataset.waits === "true" ? STALE : 1;
    pane.scene.underlay = tiles ? (image, view) => paintHeat(image, view, tiles, heat, strength) : null;
    this.find(".lse-nearer").toggleAttribute("disabled", !tiles);
    pane.paint();
    this.showFitted(this.fitted);
  }

  /** @param {Gaussian | null} fitted to this image */
  showFitted(fitted) {
    const { answer, tiles, lookedUp } = this;
    const { scene } = this.pane;
    this.fitted = fitted;
    this.marks.show(answer?.window ?? null, fitted, lookedUp);
    this.marks.draw();
    const ink = { ...scene.style, fitted: this.styleOf("--st-primary-color") };
    const scenery = answer && tiles ? { window: answer.window, tiles, q: answer.q, lookedUp, fitted } : null;
    this.closeUp.show(scenery, ink, scene.paper, this.heatColour);
    this.find(".lse-key-of-q").hidden = !answer?.q;
    this.find(".lse-key-of-look-up").hidden = !lookedUp;
    this.find(".lse-key-of-look-up b").textContent = answer && lookedUp ? nameOfLookedUp(answer, lookedUp) : "";
    this.find(".lse-key-of-fit").hidden = !fitted;
  }

  /** Whether the posterior is outside the map's window. */
  get lost() {
    const { answer, pane } = this;
    if (!answer) return false;
    return countOutside(Float32Array.of(answer.window.x, answer.window.y), pane.panes.windowOf(pane)) > 0;
  }

  /** @param {string} property of CSS */
  styleOf(property) {
    return getComputedStyle(this.root).getPropertyValue(property);
  }

  get heatColour() {
    return rgbOf(this.styleOf("--lse-posterior"));
  }
}

/** The encoder's q, whose covariance is diagonal, as a code. @param {Gaussian} q */
function externalOf({ mean: [z1, z2], tril }) {
  return { z1, z2, sigma1: tril[0][0], sigma2: tril[1][1] };
}

/** @param {Inference} answer @param {Gaussian} lookedUp */
function nameOfLookedUp({ window: { x, y, half } }, { mean: [z1, z2] }) {
  const isIn = Math.max(Math.abs(z1 - x), Math.abs(z2 - y)) < half;
  return isIn ? "looked-up q (◇)" : "looked-up q: outside (◇ on the map)";
}

/** @param {Inference} answer */
function modesOf({ modes, window: { half } }) {
  const parts = modes === 1 ? "one piece" : `${modes} separate pieces`;
  const width = Number((2 * half).toPrecision(2));
  return `The smallest region with 95 % of p(z|x) is ${parts}. This close-up is ${width} units of z wide.`;
}
