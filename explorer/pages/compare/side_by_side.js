// The Compare page: the two models, the selected image or drawing, and the sections that compare them. There are no
// server requests while a pointer is down.

import { linkOf, secondHandleOf, showInAddressBar, startingLink, stateOf } from "../../browser/map/link.js";
import { mount } from "../../browser/ui/mount.js";
import { Presenter } from "../../browser/ui/presenter.js";
import { Panes } from "../../browser/map/panes.js";
import { breakdownOfDrawing, breakdownOfImage } from "./receipt/loss_breakdown.js";
import { showBrief } from "./brief.js";
import { captionOf } from "./caption.js";
import { Dials } from "../../browser/map/dial_model.js";
import { Drawing } from "./drawing.js";
import { layOut } from "./layout.js";
import { Picker } from "../../browser/map/picker.js";
import { saveButtons } from "../../browser/ui/saving.js";
import { Sections } from "./sections.js";
import { picturedOn, showGiven } from "./given.js";
import { codesOf, pictureOfMaps } from "./map_export.js";
import { choiceNamed, Side } from "../../browser/map/side.js";
import { LinkLines } from "./link_lines.js";

/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").CompareData>} Component */

class SideBySide {
  /** @param {Component} component */
  constructor({ data, parentElement, setStateValue }) {
    this.data = { ...data, start: startingLink(data) };
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    const elements = layOut(this.root);
    const { model: _, ...look } = stateOf(this.data.start);
    this.dials = elements.map(() => new Dials(data.dials));
    const choices = [this.data.start.a, this.data.start.b].map((name, i) => this.named(name) ?? data.models[i]);
    this.panes = new Panes(this.root, elements, choices, look, data, {
      changed: () => this.publish(),
      showSelected: () => this.showSelected(),
      showView: () => this.showView(),
      press: (button) => this.press(button),
      marked: () => this.linkLines?.draw(),
      pictured: (pane) => picturedOn(pane, this.panes?.state.image ?? -1, this.drawing?.ink ?? null),
      parts: true,
    });
    this.panes.lead = this.panes.all[this.data.start.lead === "b" ? 1 : 0];
    this.sides = this.panes.all.map((pane, i) => {
      return new Side("AB"[i], pane, choices[i], this.dials[i], (sentence) => this.panes.showError(sentence));
    });
    const { signal } = this.panes.end;
    this.pickers = this.sides.map((side) => {
      const header = /** @type {HTMLElement} */ (side.pane.find(".lse-picker"));
      return new Picker(header, { ...data, dials: side.dials }, signal, {
        pick: (name) => this.pick(side, name),
        turn: (beta, final) => this.turn(side, beta, final),
      });
    });
    this.linkLines = new LinkLines(/** @type {any} */ (this.find(".lse-threads")), this.panes.all);
    this.linkLines.on = this.data.start.lines === "on";
    this.drawing = new Drawing(this.root, signal, this.sides, (...how) => this.showDrawing(...how));
    this.sections = new Sections(this.root, signal, {
      pick: (letter, name) => this.pick(this.sides["AB".indexOf(letter)], name),
      changed: () => this.publish(),
    });
    this.sections.samples.seed = Number(this.data.start.draw);
    const { size } = this.data.start;
    this.presenter = new Presenter(this.root, this.find(".lse-presented"), signal, size, () => this.publish());
    this.addSaveButtons();
    void this.start();
  }

  addSaveButtons() {
    const { sides, linkLines } = this;
    this.find(".lse-save-maps").append(
      saveButtons({
        name: "maps",
        of: () => sides.map(({ choice }) => choice.label),
        png: () => pictureOfMaps(sides, linkLines),
        csv: () => codesOf(sides),
      }),
    );
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {string} name */
  named(name) {
    return choiceNamed(this.data.models, this.data.runs, name) ?? this.dials[0].named(name);
  }

  async start() {
    const arrived = await Promise.all(this.sides.map((side) => side.take(side.choice)));
    if (this.panes.end.signal.aborted) return;
    if (!arrived.every(Boolean)) return this.showChoices(); // the visitor can choose another one
    this.started = true;
    this.forgetMissingImage();
    for (const pane of this.panes.all) pane.start();
    this.resized = new ResizeObserver(() => this.linkLines.on && this.linkLines.turn(true));
    this.resized.observe(this.root);
    this.showPair();
    if (this.data.start.drawing && this.panes.state.image < 0) this.drawing.restore(this.data.start.drawing);
    this.root.dataset.ready = "true";
    showInAddressBar(this.link, this.data.defaults);
    // Evaluating Plotly blocks the main thread for a second, so the maps are drawn and usable before.
    requestAnimationFrame(() => setTimeout(() => void this.panes.loadAxes(this.data.plotly_url)));
  }

  /** Put a model on a side. @param {Side} side @param {Choice} choice */
  async put(side, choice) {
    const before = side.choice;
    if (this.started && choice.name === (side.asked ?? before).name) return;
    if (!(await side.take(choice))) return this.showChoices();
    if (!this.started) return void this.start();
    this.forgetMissingImage(side.pane === this.panes.lead && before.dataset !== choice.dataset);
    this.drawing.forget(side);
    this.showPair();
    this.publish();
    if (this.panes.scaleIsCommon) for (const each of this.sides) each.glide();
    side.move(before);
    this.panes.decode();
    for (const pane of this.panes.all) pane.mark();
    void this.drawing.again(this.panes.state.image < 0);
  }

  /** @param {Side} side @param {string} name of the model to put there */
  pick(side, name) {
    const choice = this.named(name);
    if (choice) void this.put(side, choice);
  }

  /** Turn the dial of a side. @param {Side} side @param {number} beta @param {boolean} final false while it moves */
  turn(side, beta, final) {
    if (!side.turn(beta)) return void this.put(side, side.dials.under(side.choice).at(beta));
    for (const { pane } of this.sides) if (pane !== side.pane) pane.turn();
    this.panes.decode();
    if (!final) {
      showBrief(side);
      return this.showChoices();
    }
    this.drawing.forget(side);
    this.showPair();
    this.publish();
    void this.drawing.again(this.panes.state.image < 0);
  }

  /** Deselect an image that the lead map does not have.
   * @param {boolean} [others] the map has other images than before */
  forgetMissingImage(others = false) {
    const { state, lead } = this.panes;
    if (state.image < 0 || (!others && state.image < (lead.loaded?.label.length ?? 0))) return;
    // The handles stay at the image's position among the previous codes, if there were any.
    this.panes.state = { ...state, ...this.panes.places, image: -1 };
  }

  // What is shown

  /** Update the pickers, except one whose slider is being moved. */
  showChoices() {
    this.sides.forEach(({ choice, settled }, i) => settled && this.pickers[i].show(choice));
  }

  /** Update everything that depends on the two models. */
  showPair() {
    this.showChoices();
    for (const side of this.sides) showBrief(side);
    const [a, b] = this.sides.map(({ letter, choice, pane }) => {
      return { letter, choice, loaded: /** @type {import("../../browser/map/loading.js").Loaded} */ (pane.loaded) };
    });
    this.sections.showSamples(a, b);
    this.showTable();
    this.showPlane();
    this.showSelected();
    this.showView();
    this.panes.decode();
  }

  showTable() {
    const { models, seeds, classifier } = this.data;
    const [a, b] = this.sides.map(({ choice }) => choice);
    this.sections.showTable({ models, seeds, classifier, a, b });
  }

  showPlane() {
    const { models, seeds, term_colours, plotly_url } = this.data;
    const [a, b] = this.sides.map(({ choice }) => choice);
    const ink = { ...this.panes.lead.scene.style, ...term_colours };
    this.sections.showPlane({ models, seeds, a, b, ink }, plotly_url);
  }

  showView() {
    const outside = this.panes.all.map((pane) => pane.countOutside());
    if (this.sides?.every(({ pane }) => pane.loaded))
      this.find(".lse-caption").textContent = captionOf(this.sides, outside);
    this.panes.pressHandles();
    this.panes.pressScale();
    const lines = /** @type {HTMLButtonElement} */ (this.find(".lse-lines"));
    lines.setAttribute("aria-pressed", String(this.linkLines?.on ?? false));
    lines.disabled = !(this.linkLines?.possible ?? true);
  }

  /** A selected image replaces the drawing in the receipt. */
  showSelected() {
    const { image } = this.panes.state;
    this.panes.noteSelected();
    if (image < 0) return this.showGiven();
    const lead = this.sides[this.panes.all.indexOf(this.panes.lead)];
    const { originals } = this.panes;
    const url = lead.choice.images_url;
    const images = originals.at(url, () => this.showOriginal());
    const breakdown = breakdownOfImage(this.sides, lead, images, originals.awaits(url), image);
    this.sections.showReceipt(breakdown);
    const original = images && { caption: `test image ${image}`, pixels: images.pixels(image), white: 255 };
    showGiven(this.find(".lse-given"), original, breakdown.columns, []);
  }

  showOriginal() {
    this.showSelected();
    for (const pane of this.panes.all) pane.mark();
  }

  /** Show the drawing, if there is one. @param {boolean} [final] false during a stroke */
  showGiven(final = true) {
    const { ink, answers, original, notes } = this.drawing;
    const given = this.find(".lse-given");
    const breakdown = breakdownOfDrawing(answers);
    showGiven(given, original, breakdown.columns, notes);
    given.dataset.places = answers.map(({ mean }) => Array.from(mean).join(",")).join(";");
    if (final) this.sections.showReceipt(ink ? breakdown : null);
  }

  /** @param {boolean} final false during a stroke @param {boolean} byHand the drawing has changed, and not a model */
  showDrawing(final, byHand) {
    const { panes, drawing } = this;
    if (byHand && drawing.answers.length) panes.goToExternal();
    else if (panes.state.image < 0 && !drawing.ink) panes.state = { ...panes.state, ...panes.places };
    if (panes.state.image < 0) this.showGiven(final);
    panes.decode();
    for (const pane of panes.all) pane.mark();
    if (!final) return;
    this.showView();
    if (byHand) this.publish();
  }

  // What the visitor does

  /** @returns {Object<string, string>} */
  get link() {
    const [a, b] = this.sides.map(({ choice }) => choice.name);
    const { half } = this.panes.lead.place.view;
    const drawing = this.panes.state.image < 0 ? this.drawing.pad.text : "";
    // Without image and drawing there is no code that z could be at.
    const state = { ...this.panes.state, ...(this.panes.state.image < 0 && !drawing ? this.panes.places : {}) };
    const look = linkOf({ model: a, ...state, drawing }, half, this.data.defaults);
    const zb = secondHandleOf(state, half);
    const { seed } = this.sections.samples;
    const lead = look.image && this.panes.lead === this.sides[1].pane ? "b" : "";
    const lines = this.linkLines.on ? "on" : "";
    return { a, b, ...look, zb, lead, lines, draw: seed ? String(seed) : "", size: this.presenter.size };
  }

  /** After a final change: update the address bar, and report the link to Streamlit. */
  publish() {
    if (!this.started) return;
    const { link } = this;
    showInAddressBar(link, this.data.defaults);
    this.report("link", link);
  }

  /** @param {HTMLElement} button */
  press(button) {
    if (button.matches(".lse-lines")) {
      this.linkLines.turn(!this.linkLines.on);
      this.showView();
      this.publish();
    }
  }

  /** Called for new measures and for a new theme; Streamlit does not say which.
   * @param {Component} component */
  update({ data, setStateValue }) {
    this.report = setStateValue;
    this.data = { ...data, start: this.data.start };
    if (!this.started) return;
    for (const side of this.sides) side.choice = this.named(side.choice.name) ?? side.choice;
    const { scene } = this.panes.lead;
    const before = scene.ink.join();
    scene.readTheme();
    if (scene.ink.join() !== before) this.panes.restyle();
    this.showTable();
    this.showPlane();
  }

  destroy() {
    this.resized?.disconnect();
    this.sections.destroy();
    this.panes.destroy();
  }
}

export default mount((/** @type {Component} */ component) => new SideBySide(component));
