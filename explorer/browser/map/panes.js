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
/** The handles, the visible classes, and the view; see State in link.js.
 * @typedef {Omit<import("./link.js").State, "model">} Look */
/** Callbacks of the page: a change is final; another image is selected; the view has changed; one of the page's own
 * buttons was pressed; the marks on a map have moved; the picture of the code that a map marks, if it is to be seen.
 * parts: an image or a drawing that is chosen sends each map's handle to its own code.
 * @typedef {{changed: () => void, showSelected: () => void, showView: () => void, press: (button: HTMLElement) => void,
 *   marked?: () => void, pictured?: (pane: Pane) => import("./thumbnail.js").Pictured | null, parts?: boolean}} Page */

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
    /** The map whose handle was moved last. */
    this.moved = this.lead;
    /** The image under the pointer, which every map marks, and the map with the pointer; -1 is none. */
    this.hovered = { image: -1, where: this.lead };
    this.screenReader = new ScreenReaderText(this, classifier_url);
    const field = /** @type {HTMLElement | null} */ (root.querySelector(".lse-number"));
    this.field = field && new NumberField(field, (image) => this.choose(image));
    this.noteGliding();
    listenToButtons(root, this.end.signal, (button) => this.press(button));
  }

  /** Where the handle of the lead map is. @returns {Float32Array} */
  get z() {
    return this.zOf(this.lead);
  }

  /** Where the handle of a map is. @param {Pane} pane @returns {Float32Array} */
  zOf(pane) {
    return this.chosenZ(pane) ?? this.codeOf(this.state.linked ? this.lead : pane);
  }

  /** The z to which a hand moved the handle of a map. @param {Pane} pane
   * @returns {Float32Array | null} null: it is at the code of the selected image or drawing, and moves with it */
  chosenZ(pane) {
    const { z, zb, linked } = this.state;
    return linked || pane === this.all[0] ? z : zb;
  }

  /** The mean of the selected image or drawing; a map of other images has the lead map's. @param {Pane} pane */
  codeOf(pane) {
    const { image } = this.state;
    if (image < 0) return pane.drawn;
    return (pane.holds(image) ? pane : this.lead).pointOf(image);
  }

  /** Where the handles are now, as numbers. */
  get places() {
    const [z, zb] = this.all.map((pane) => (this.zOf(pane).length ? this.zOf(pane) : new Float32Array(2)));
    return { z, zb: this.state.linked ? null : (zb ?? null) };
  }

  /** Whether the handle of a map shows the code of the selected image or drawing. @param {Pane} pane */
  atCode(pane) {
    const { image } = this.state;
    return !this.chosenZ(pane) && (image >= 0 ? pane.holds(image) : pane.external !== null);
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

  /** Show z and the pictures decoded from it. @param {Pane} [only] the map whose handle alone has moved */
  decode(only) {
    for (const pane of only && !this.state.linked ? [only] : this.all) {
      const z = this.zOf(pane);
      // Adding 0 turns -0 into 0.
      const [shown, exact] = [2, 4].map((digits) =>
        Array.from(z, (value) => (Number(value.toFixed(digits)) + 0).toFixed(digits)),
      );
      pane.decode(z, shown.join(",\u00a0").replaceAll("-", "−"));
      pane.scene.placeHandle(pane.place.view, z);
      pane.element.dataset.z = exact.join(",");
      if (pane === this.lead) this.root.dataset.z = exact.join(",");
    }
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

  /** Show whether the handles are linked. */
  pressHandles() {
    pressOne(this.root.querySelectorAll("[data-handles]"), (button) => {
      return (button.dataset.handles === "linked") === this.state.linked;
    });
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

  /** @param {number} factor below 1 zooms in, about the handle if it is visible @param {Pane} pane its button is */
  zoom(factor, pane) {
    const { view } = pane.place;
    const [z1, z2] = pane.scene.handleOutside ? [view.x, view.y] : this.zOf(pane);
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
    this.lead = this.moved = where;
    if (this.page.parts) this.part();
    this.page.showSelected();
    this.showHandles();
  }

  /** After a final change of the handles. */
  showHandles() {
    this.pressHandles();
    this.decode();
    for (const pane of this.all) pane.mark();
    this.page.changed();
  }

  /** Let each map's handle be at its own code, or where it is if there is none. */
  part() {
    const places = this.all.map((pane) => (this.state.image < 0 && !pane.external ? this.zOf(pane) : null));
    this.state = { ...this.state, z: places[0], zb: places[1] ?? null, linked: false };
  }

  /** @param {boolean} linked one z for all maps, which is that of the handle moved last; or a z for each map */
  link(linked) {
    if (linked) this.state = { ...this.state, z: this.zOf(this.moved), zb: null, linked };
    else this.part();
    this.showHandles();
  }

  /** Select an image by its number, unless it is already selected. @param {number} image its index */
  choose(image) {
    const { state } = this;
    if (image !== state.image || state.z || state.zb) this.select(image, this.lead);
  }

  /** Deselect the image; the handles stay. */
  deselect() {
    if (this.state.image < 0) return;
    this.state = { ...this.state, ...this.places, image: -1 };
    this.page.showSelected();
    for (const pane of this.all) pane.mark();
    this.page.changed();
  }

  /** Let the handles go to the codes of an external image, which takes the place of the selected one. */
  goToExternal() {
    this.state = { ...this.state, ...this.places, image: -1 };
    this.part();
    this.root.dataset.touched = "true";
    this.noteSelected();
    this.pressHandles();
  }

  /** @param {number} z1 @param {number} z2 @param {Pane} pane whose handle it is */
  putHandle(z1, z2, pane) {
    if (!this.all.some(({ loaded }) => loaded)) return;
    const z = Float32Array.of(z1, z2);
    const isFirst = this.state.linked || pane === this.all[0];
    this.state = { ...this.state, ...(isFirst ? { z } : { zb: z }) };
    this.moved = pane;
    this.root.dataset.touched = "true";
    this.decode(pane);
  }

  /** Put the handle of a map in the middle of its window. @param {Pane} pane */
  bringHandle(pane) {
    const { x, y } = pane.place.view;
    this.putHandle(x, y, pane);
    this.page.changed();
  }

  /** @param {HTMLElement} button */
  press(button) {
    const { scale, zoom, handles } = button.dataset;
    if (scale) this.setScale(scale);
    else if (handles) this.link(handles === "linked");
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
