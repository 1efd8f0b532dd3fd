// The maps of a page: one state, and the acts of a visitor that change it, whichever of the maps they touch.

import { complainIn, pressOne } from "../ui/dom.js";
import { listenToButtons } from "../ui/gestures.js";
import { NumberField } from "../ui/number_field.js";
import { Originals } from "./originals.js";
import { Pane } from "./pane.js";
import { Spoken } from "./spoken.js";
import { build } from "./stage.js";
import { bounded, SHARED_VIEW, viewOfBoth, zoomed } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** Where the handle is, what shows, and how it is looked at; see State in link.js.
 * @typedef {{z: Float32Array | null, image: number, digits: string, scale: string, view: View | null,
 *   lattice: boolean}} Look */
/** What the page itself does: when a change is final, when another image is selected, when what the windows leave out
 * may have changed, for the buttons that are its own, and when the marks on a map have moved.
 * @typedef {{changed: () => void, showSelected: () => void, showView: () => void,
 *   press: (button: HTMLElement) => void, marked?: () => void}} Page */

const ZOOM_STEP = 1.5;
const RESCALE_MS = 400;

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
    this.originals = new Originals((sentence) => this.complain(sentence));
    for (const [term, colour] of Object.entries(term_colours)) root.style.setProperty(`--lse-${term}`, colour);
    build(root);
    this.all = elements.map((element, i) => new Pane(element, this, class_colours, subjects[i]));
    /** The map in which the selected image was clicked. */
    this.lead = this.all[0];
    /** The image under the pointer, which every map shows, and the map that the pointer is on; -1 is none. */
    this.lit = { image: -1, where: this.lead };
    this.spoken = new Spoken(this, classifier_url);
    const field = /** @type {HTMLElement | null} */ (root.querySelector(".lse-number"));
    this.field = field && new NumberField(field, (image) => this.choose(image));
    this.noteGliding();
    listenToButtons(root, this.end.signal, (button) => this.press(button));
  }

  /** Where the handle is. @returns {Float32Array} */
  get z() {
    return this.state.z ?? this.lead.pointOf(this.state.image);
  }

  /** All maps share one window, unless each is to fit its own codes. @param {Pane} pane @returns {View} */
  windowOf(pane) {
    const { view, scale } = this.state;
    if (view || scale === "shared") return view ?? SHARED_VIEW;
    return scale === "own" ? (pane.loaded?.fit ?? SHARED_VIEW) : this.fit;
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

  /** @param {string} sentence "" takes an earlier one away */
  complain(sentence) {
    complainIn(/** @type {HTMLElement} */ (this.root.querySelector(".lse-error")), sentence);
  }

  noteGliding() {
    this.root.dataset.gliding = String(this.all?.some(({ gliding }) => gliding) ?? false);
  }

  /** @param {string} url of Plotly */
  async loadAxes(url) {
    try {
      await Promise.all(this.all.map((pane) => pane.axes.load(url, () => pane.drawAxes())));
    } catch {
      this.complain("The axes could not be loaded. The map works without them. Reload the page to try again.");
    }
  }

  restyle() {
    for (const pane of this.all) pane.restyle();
  }

  paint() {
    for (const pane of this.all) pane.paint();
  }

  /** @param {number} duration in ms */
  glide(duration) {
    for (const pane of this.all) pane.glide(duration);
  }

  /** Show z and what the decoders make of it. */
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
    this.spoken.soon();
  }

  /** Say which image is selected. */
  noteSelected() {
    const { image } = this.state;
    const { loaded, subject } = this.lead;
    this.root.dataset.image = image < 0 ? "" : String(image);
    const name = loaded && image >= 0 ? subject.class_names[loaded.label[image]] : "";
    this.field?.show(image, loaded?.label.length ?? 0, name);
  }

  /** Say of the scale buttons which is on. */
  pressScale() {
    pressOne(this.root.querySelectorAll("[data-scale]"), (button) => {
      return !this.state.view && button.dataset.scale === this.state.scale;
    });
  }

  /** @param {View} seen @param {boolean} final false while the visitor still pans or zooms
   * @param {Pane} [where] whose axes show it already */
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

  /** @param {string} scale "shared", "fit" or "own"; forgets where the visitor panned to */
  setScale(scale) {
    this.state = { ...this.state, scale, view: null };
    this.page.showView();
    this.glide(RESCALE_MS);
    this.page.changed();
  }

  /** @param {number} factor below 1 zooms in, about the handle where it can be seen @param {Pane} where its button is */
  zoom(factor, { place: { view }, scene }) {
    const [z1, z2] = scene.handleOutside ? [view.x, view.y] : this.z;
    this.look(zoomed(view, z1, z2, factor), true);
  }

  /** @param {number} image under the pointer, or -1 @param {Pane} where it is */
  light(image, where) {
    if (image === this.lit.image && where === this.lit.where) return;
    this.lit = { image, where };
    for (const pane of this.all) pane.markLit();
  }

  /** @param {boolean[]} visible by class @param {Pane} where whose legend shows it already */
  showClasses(visible, where) {
    this.state = { ...this.state, digits: visible.flatMap((shows, digit) => (shows ? [digit] : [])).join("") };
    this.paint();
    for (const pane of this.all) if (pane !== where) pane.drawAxes();
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

  /** Select an image by its number, where that changes anything. @param {number} image its index */
  choose(image) {
    if (image !== this.state.image || this.state.z) this.select(image, this.lead);
  }

  /** Leave the handle where it is and no image selected. */
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
