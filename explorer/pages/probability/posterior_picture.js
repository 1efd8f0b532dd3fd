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
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {Inference | null} answer @param {string} name of x */
  take(answer, name) {
    this.answer = answer;
    if (!answer) this.fitted = null;
    this.tiles = answer && answer.tiles;
    this.pane.external = answer && answer.image < 0 && answer.q ? externalOf(answer.q) : null;
    this.find(".lse-modes").textContent = answer ? modesOf(answer) : "";
    this.find("[data-testid=x-name]").textContent = name;
    const pixels = answer?.x ?? new Uint8Array(PICTURE_PIXELS);
    const picture = /** @type {HTMLCanvasElement} */ (this.find(".lse-x-picture"));
    picture.setAttribute("aria-label", name || "x");
    drawPicture(picture, pixels, 255);
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
    const { answer, tiles } = this;
    const { scene } = this.pane;
    this.fitted = fitted;
    this.marks.show(answer?.window ?? null, fitted);
    this.marks.draw();
    const ink = { ...scene.style, fitted: this.styleOf("--st-primary-color") };
    const scenery = answer && tiles ? { window: answer.window, tiles, q: answer.q, fitted } : null;
    this.closeUp.show(scenery, ink, scene.paper, this.heatColour);
    this.find(".lse-key-of-q").hidden = !answer?.q;
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

/** @param {Inference} answer */
function modesOf({ modes, window: { half } }) {
  const parts = modes === 1 ? "one piece" : `${modes} separate pieces`;
  const width = Number((2 * half).toPrecision(2));
  return `The smallest region with 95 % of p(z|x) is ${parts}. This close-up is ${width} units of z wide.`;
}
