// The panes of a page: their shared state, and the visitor's actions that change it, on any of the maps.

import { showErrorIn, pressOne } from "../ui/dom.js";
import { listenToButtons } from "../ui/gestures.js";
import { NumberField } from "../ui/number_field.js";
import { Originals } from "./originals.js";
import { Pane } from "./pane.js";
import { ScreenReaderText } from "./screen_reader.js";
import { build } from "./stage.js";
import { bounded, followingView, SHARED_VIEW, viewOfBoth, zoomed } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** The handle, the visible classes, and the view; see State in link.js.
 * @typedef {{z: Float32Array | null, image: number, digits: string, scale: string, view: View | null,
 *   lattice: boolean}} Look */
/** Callbacks of the page: a change is final; another image is selected; the view has changed; one of the page's own
 * buttons was pressed; the marks on a map have moved.
 * @typedef {{changed: () => void, showSelected: () => void, showView: () => void,
 *   press: (button: HTMLElement) => void, marked?: () => void}} Page */

const ZOOM_STEP = 1.5;
const RESCALE = { codes: 0, camera: 400 }; // ms

export class Panes {
  /** @param {HTMLElement} root @param {HTMLElement[]} elements one for each map
   * @param {import("./card.js").Subject[]} subjects likewise @param {Look} state
   * @param {{class_colours: import("../../wire.js").ClassColours, term_colours: import("../../wire.js").TermColours,
   *   classifier_url: string}} data @param {Page} page */
  constructor(root, elements, subjects, state, { class_colours, term_colours, classifier_url }, page) {
    this.root = root;
    this.state = state;
    this.page = page;
    this.end = new AbortController();
    this.originals = new Originals((sentence) => this.showError(sentence));
    for (const [term, colour] of Object.entries(term_colours)) root.style.setProperty(`--lse-${term}`, colour);
    build(root);
    this.all = elements.map((element, i) => new Pane(element, this, class_colours, subjects[i]));
    /** The map in which the selected image was clicked. */
    this.lead = this.all[0];
    /** The image under the pointer, which every map marks, and the map with the pointer; -1 is none. */
    this.hovered = { image: -1, where: this.lead };
    this.screenReader = new ScreenReaderText(this, classifier_url);
    const field = /** @type {HTMLElement | null} */ (root.querySelector(".lse-number"));
    this.field = field && new NumberField(field, (image) => this.choose(image));
    this.noteGliding();
    listenToButtons(root, this.end.signal, (button) => this.press(button));
  }

  /** Where the handle is. @returns {Float32Array} */
  get z() {
    return this.state.z ?? this.lead.pointOf(this.state.image);
  }

  /** The window of a pane: shared by all, unless the scale is "own". @param {Pane} pane @returns {View} */
  windowOf(pane) {
    const { view, scale } = this.state;
    if (view || scale === "shared") return view ?? SHARED_VIEW;
    if (scale === "follow") return followingView(Math.max(...this.all.map(({ loaded }) => loaded?.reach ?? 0)));
    return scale === "own" ? (pane.loaded?.fit ?? SHARED_VIEW) : this.fit;
  }

  /** Whether the window of one map depends on the codes of all. */
  get scaleIsCommon() {
    return !this.state.view && ["follow", "fit"].includes(this.state.scale);
  }

  /** @returns {View} */
  get fit() {
    const fits = this.all.flatMap(({ loaded }) => (loaded ? [loaded.fit] : []));
    return fits.length ? fits.reduce(viewOfBoth) : SHARED_VIEW;
  }

  /** @param {number} digit */
  shows(digit) {
    return this.state.digits.includes(String(digit));
  }

  /** @param {string} sentence "" removes the last one */
  showError(sentence) {
    showErrorIn(/** @type {HTMLElement} */ (this.root.querySelector(".lse-error")), sentence);
  }

  noteGliding() {
    this.root.dataset.gliding = String(this.all?.some(({ gliding }) => gliding) ?? false);
  }

  /** @param {string} url of Plotly */
  async loadAxes(url) {
    try {
      await Promise.all(this.all.map((pane) => pane.axes.load(url, () => pane.drawAxes())));
    } catch {
      this.showError("The axes could not be loaded. The map works without them. Reload the page to try again.");
    }
  }

  restyle() {
    for (const pane of this.all) pane.restyle();
  }

  paint() {
    for (const pane of this.all) pane.paint();
  }

  /** @param {{codes: number, camera: number}} duration in ms */
  glide(duration) {
    for (const pane of this.all) pane.glide(duration);
  }

  /** Show z and the pictures decoded from it. */
  decode() {
    const { z } = this;
    // Adding 0 turns -0 into 0.
    const [shown, exact] = [2, 4].map((digits) =>
      Array.from(z, (value) => (Number(value.toFixed(digits)) + 0).toFixed(digits)),
    );
    const text = shown.join(",\u00a0").replaceAll("-", "−");
    for (const pane of this.all) {
      pane.decode(z, text);
      pane.scene.placeHandle(pane.place.view, z);
    }
    this.root.dataset.z = exact.join(",");
    this.screenReader.soon();
  }

  /** Show which image is selected. */
  noteSelected() {
    const { image } = this.state;
    const { loaded, subject } = this.lead;
    this.root.dataset.image = image < 0 ? "" : String(image);
    const name = loaded && image >= 0 ? subject.class_names[loaded.label[image]] : "";
    this.field?.show(image, loaded?.label.length ?? 0, name);
  }

  /** Show which scale button is active. */
  pressScale() {
    pressOne(this.root.querySelectorAll("[data-scale]"), (button) => {
      return !this.state.view && button.dataset.scale === this.state.scale;
    });
  }

  /** @param {View} seen @param {boolean} final false during pan or zoom
   * @param {Pane} [where] whose axes already show it */
  look(seen, final, where) {
    this.state = { ...this.state, view: bounded(seen) };
    for (const pane of this.all) {
      pane.stop();
      pane.place = pane.rest;
      pane.paint();
      if (final) pane.drawAxes();
      else if (pane !== where) pane.axes.fade();
    }
    if (!final) return;
    this.page.showView();
    this.page.changed();
    for (const pane of this.all) void pane.decodeBackdrop();
  }

  /** @param {string} scale "follow", "shared", "fit" or "own"; resets the visitor's pan and zoom */
  setScale(scale) {
    this.state = { ...this.state, scale, view: null };
    this.page.showView();
    this.glide(RESCALE);
    this.page.changed();
  }

  /** @param {number} factor below 1 zooms in, about the handle if it is visible @param {Pane} where its button is */
  zoom(factor, { place: { view }, scene }) {
    const [z1, z2] = scene.handleOutside ? [view.x, view.y] : this.z;
    this.look(zoomed(view, z1, z2, factor), true);
  }

  /** @param {number} image under the pointer, or -1 @param {Pane} where it is */
  setHovered(image, where) {
    if (image === this.hovered.image && where === this.hovered.where) return;
    this.hovered = { image, where };
    for (const pane of this.all) pane.markHovered();
  }

  /** @param {boolean[]} visible by class */
  showClasses(visible) {
    this.state = { ...this.state, digits: visible.flatMap((shows, digit) => (shows ? [digit] : [])).join("") };
    this.paint();
    for (const pane of this.all) pane.drawLegend();
    this.page.changed();
  }

  /** @param {number} image its index @param {Pane} where it was clicked */
  select(image, where) {
    this.state = { ...this.state, image, z: null };
    this.lead = where;
    this.page.showSelected();
    this.decode();
    for (const pane of this.all) pane.mark();
    this.page.changed();
  }

  /** Select an image by its number, unless it is already selected. @param {number} image its index */
  choose(image) {
    if (image !== this.state.image || this.state.z) this.select(image, this.lead);
  }

  /** Deselect the image; the handle stays. */
  deselect() {
    if (this.state.image < 0) return;
    this.state = { ...this.state, image: -1, z: this.z };
    this.page.showSelected();
    for (const pane of this.all) pane.mark();
    this.page.changed();
  }

  /** @param {number} z1 @param {number} z2 */
  putHandle(z1, z2) {
    if (!this.all.some(({ loaded }) => loaded)) return;
    this.state = { ...this.state, z: Float32Array.of(z1, z2) };
    this.root.dataset.touched = "true";
    this.decode();
  }

  /** Put the handle in the middle of a window. @param {View} view */
  bringHandle({ x, y }) {
    this.putHandle(x, y);
    this.page.changed();
  }

  /** @param {HTMLElement} button */
  press(button) {
    const { scale, zoom } = button.dataset;
    if (scale) this.setScale(scale);
    else if (zoom) this.zoom(zoom === "in" ? 1 / ZOOM_STEP : ZOOM_STEP, this.paneOf(button));
    else this.page.press(button);
  }

  /** @param {HTMLElement} element on one of the maps */
  paneOf(element) {
    return this.all.find((pane) => pane.element.contains(element)) ?? this.lead;
  }

  destroy() {
    this.end.abort();
    for (const pane of this.all) pane.destroy();
  }
}
