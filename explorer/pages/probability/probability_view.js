// The Probability page: the model and x, the question to the server, and the sections that show its answer. There are
// no server requests while a pointer is down.

import { Dials } from "../../browser/map/dial_model.js";
import { linkOf, showInAddressBar, startingLink, stateOf } from "../../browser/map/link.js";
import { mount } from "../../browser/ui/mount.js";
import { captionOf, floorNote } from "../../browser/map/panel.js";
import { Panes } from "../../browser/map/panes.js";
import { Picker } from "../../browser/map/picker.js";
import { Side } from "../../browser/map/side.js";
import { Ancestral } from "./ancestral.js";
import { Curves } from "./curves.js";
import { Fitting } from "./fitting.js";
import { Identity } from "./identity.js";
import { PosteriorPicture } from "./posterior_picture.js";
import { layOut } from "./layout.js";
import { Questions, modelInput } from "./questions.js";
import { Sketch } from "./sketch.js";

/** @typedef {import("../../wire.js").Choice} Model */
/** @typedef {import("../../wire.js").Inference} Inference */
/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").ProbabilityData>} Component */

const FOCUS_FACTOR = 4; // half the window, in multiples of the close-up's

class ProbabilityView {
  /** @param {Component} component */
  constructor({ data, parentElement, setStateValue }) {
    this.data = { ...data, start: startingLink(data) };
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    layOut(this.root);
    const { model, ...look } = stateOf(this.data.start);
    this.dials = new Dials(data.dials);
    const choice = this.named(model) ?? data.models[0];
    this.panes = new Panes(this.root, [this.find(".lse-first")], [choice], look, data, {
      changed: () => this.publish(),
      showSelected: () => this.showSelected(),
      showView: () => this.showView(),
      press: (button) => this.press(button),
      marked: () => this.picture?.marks.draw(),
    });
    this.pane = this.panes.lead;
    this.side = new Side("", this.pane, choice, this.dials, (sentence) => this.panes.showError(sentence));
    this.picker = new Picker(this.find(".lse-picker"), { ...data, runs: [], dials: this.dials }, this.signal, {
      pick: (name) => void this.pick(this.named(name)),
      turn: (beta, final) => this.turn(beta, final),
    });
    this.questions = new Questions(data.answer?.id ?? 0, (question) => this.ask(question));
    this.picture = new PosteriorPicture(this.root, this.pane);
    this.addSections(this.data.start.full === "on");
    void this.start();
  }

  /** @param {boolean} full */
  addSections(full) {
    this.identity = new Identity(this.find(".lse-identity"));
    this.fitting = new Fitting(this.find(".lse-fit"), this.signal, {
      stepped: (q) => this.started && this.picture?.showFitted(q),
      changed: () => this.publish(),
    });
    this.fitting.turnFull(full);
    this.curves = new Curves(this.find(".lse-curves"), { draw: () => this.questions.askForCurves() });
    this.ancestral = new Ancestral(this.find(".lse-ancestral"), this.signal, {
      land: (places) => this.picture?.marks.land(places),
      take: (pixels) => {
        this.takeSample(pixels);
        this.find(".lse-close").scrollIntoView({ block: "nearest", behavior: "smooth" });
      },
    });
    this.sketch = new Sketch(this.find(".lse-sketch"), this.signal, {
      drawn: (pixels, final) => final && this.takeDrawing(pixels),
    });
    this.resized = new ResizeObserver(() => this.started && this.picture?.show());
    this.resized.observe(this.find(".lse-close"));
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {string} name */
  named(name) {
    return this.data.models.find((model) => model.name === name) ?? this.dials.named(name);
  }

  get signal() {
    return this.panes.end.signal;
  }

  /** @returns {Model} the current one */
  get model() {
    return this.side.choice;
  }

  async start() {
    if (!(await this.side.take(this.side.choice)) || this.signal.aborted) return this.picker.show(this.model);
    this.started = true;
    this.chooseFirstImage();
    this.pane.start();
    this.showModel();
    this.questions.put(this.model);
    this.root.dataset.ready = "true";
    showInAddressBar(this.link, this.data.defaults);
    // Evaluating Plotly blocks the main thread for a second, so the map is drawn and usable before.
    requestAnimationFrame(() => setTimeout(() => void this.loadPlots()));
  }

  async loadPlots() {
    const { plotly_url } = this.data;
    await Promise.all([this.panes.loadAxes(plotly_url), this.curves?.load(plotly_url).catch(() => {})]);
    this.showCurves();
  }

  /** Select the first image if none is selected. @param {boolean} [others] the images differ from the last model's */
  chooseFirstImage(others = false) {
    const { state } = this.panes;
    const [{ images_url }, images] = [this.model, this.pane.loaded?.label.length ?? 0];
    if (others || state.image >= images) this.panes.state = { ...state, image: -1, z: state.z ?? new Float32Array(2) };
    const { image, z } = this.panes.state;
    const untouched = z?.every((coordinate) => coordinate === 0);
    if (image < 0 && images_url && !this.questions.pixels) {
      this.panes.state = { ...this.panes.state, image: 0, z: untouched ? null : z };
    }
    if (!this.questions.pixels) this.questions.take(this.panes.state.image, null);
  }

  // What the visitor does

  /** @param {Model | undefined} choice */
  async pick(choice) {
    const before = this.model;
    if (!choice || (this.started && choice.name === (this.side.asked ?? before).name)) return;
    if (!(await this.side.take(choice))) return this.picker.show(this.model);
    if (!this.started) return void this.start();
    this.chooseFirstImage(before.dataset !== choice.dataset && !this.questions.pixels);
    this.forgetAnswer();
    this.showModel();
    this.side.move(before);
    this.panes.decode();
    this.askAgain();
  }

  /** Turn the dial. @param {number} beta @param {boolean} final false while it moves */
  turn(beta, final) {
    if (!this.side.turn(beta)) return void this.pick(this.dials.under(this.model).at(beta));
    this.panes.decode();
    if (!final) return this.picker.show(this.model);
    this.forgetAnswer();
    this.showModel();
    this.askAgain();
  }

  /** Ask about the same x under another model. */
  askAgain() {
    const given = this.drawing ? this.sketch?.pixels : this.sample;
    if (this.questions.pixels && given) this.questions.take(-1, modelInput(this.model, given));
    this.publish();
    this.questions.put(this.model);
  }

  /** Show the selected image, or that none is selected. */
  showSelected() {
    const { image } = this.panes.state;
    this.panes.noteSelected();
    if (image < 0 || !this.started) return;
    this.drawing = false;
    this.questions.take(image, null);
    this.questions.put(this.model);
  }

  /** @param {Uint8Array | null} pixels */
  takeDrawing(pixels) {
    if (!pixels) return;
    this.takeSample(pixels);
    this.drawing = true;
  }

  /** @param {Uint8Array} pixels [784] in 0..255 */
  takeSample(pixels) {
    this.drawing = false;
    this.sample = pixels;
    this.questions.take(-1, pixels);
    this.panes.deselect();
    this.questions.put(this.model);
  }

  /** @param {HTMLElement} button */
  press(button) {
    const window = this.answer?.window;
    if (button.matches(".lse-nearer") && window) this.panes.look({ ...window, half: FOCUS_FACTOR * window.half }, true);
  }

  /** @param {import("../../wire.js").Question} question */
  ask(question) {
    const waits = !this.questions.answeredBy(this.answer);
    this.root.dataset.answer = "";
    this.root.dataset.waits = String(waits);
    if (waits) this.picture?.show();
    this.report("question", question);
  }

  /** @returns {Object<string, string>} */
  get link() {
    const state = { model: this.model.name, ...this.panes.state };
    const look = linkOf(state, this.pane.place.view.half, this.data.defaults);
    return { ...look, full: this.fitting?.full ? "on" : "" };
  }

  /** After a final change: update the address bar, and report the link to Streamlit. */
  publish() {
    if (!this.started) return;
    const { link } = this;
    showInAddressBar(link, this.data.defaults);
    this.report("link", link);
  }

  // What is shown

  showModel() {
    const { model, pane } = this;
    this.root.dataset.model = model.name;
    this.picker.show(model);
    if (this.sketch) this.sketch.likelihood = model.likelihood;
    if (pane.loaded) this.ancestral?.show(pane.loaded.decoder, model.likelihood, model.pixel_stddev ?? 0);
    this.panes.noteSelected();
    this.picture?.invite(model, "");
    this.showView();
    this.panes.decode();
  }

  showView() {
    if (!this.pane?.loaded) return;
    const lost = this.picture?.lost ? " The posterior lies outside this window." : "";
    const caption = captionOf(this.model, this.pane.countOutside()) + lost;
    this.find(".lse-caption").textContent = [caption, floorNote(this.model)].filter(Boolean).join(" ");
    this.panes.pressScale();
  }

  /** Called for a new answer and for a new theme; Streamlit does not say which.
   * @param {Component} component */
  update({ data, setStateValue }) {
    this.report = setStateValue;
    this.data = { ...data, start: this.data.start };
    if (!this.started) return;
    const { scene } = this.pane;
    const before = scene.ink.join();
    scene.readTheme();
    if (scene.ink.join() !== before) this.panes.restyle();
    const { answer } = data;
    if (answer && this.questions.answeredBy(answer)) this.take(answer);
    else this.picture?.show();
    this.showCurves();
  }

  /** @param {import("../../wire.js").Answer} answer to the last question, or to the same question without curves */
  take(answer) {
    if (answer.problem) this.forgetAnswer();
    else this.showAnswer(/** @type {Inference} */ (answer));
    this.panes.showError(answer.problem);
    this.picture?.invite(this.model, answer.problem);
    this.root.dataset.waits = "false";
    if (answer.id === this.questions.id) this.root.dataset.answer = String(answer.id);
    this.picture?.show();
  }

  /** @param {Inference} answer */
  showAnswer(answer) {
    const fresh = this.answer?.x !== answer.x || this.answer?.model !== answer.model;
    this.answer = answer;
    const source = this.drawing ? "your drawing" : "a sample of the model";
    this.picture?.take(answer, `x, ${answer.image < 0 ? source : `test image ${answer.image}`}`);
    this.identity?.show(answer);
    this.fitting?.show(answer, fresh);
    if (this.picture) this.picture.fitted = this.fitting?.fitted ?? null;
    if (fresh && answer.image < 0) this.moveHandleTo(answer);
    this.showView();
  }

  /** Move the handle, as to the code of a selected image. @param {Inference} answer */
  moveHandleTo({ q, window }) {
    this.panes.state = { ...this.panes.state, z: Float32Array.from(q?.mean ?? [window.x, window.y]) };
    this.panes.decode();
  }

  /** Remove an answer of another question or model, which has another latent space. */
  forgetAnswer() {
    this.answer = undefined;
    this.picture?.take(null, "");
    this.identity?.show(null);
    this.fitting?.show(null, true);
  }

  showCurves() {
    if (!this.started) return;
    this.curves?.show(this.answer ?? null, { ...this.pane.scene.style, ...this.data.term_colours });
  }

  destroy() {
    this.resized?.disconnect();
    this.curves?.destroy();
    this.panes.destroy();
  }
}

export default mount((/** @type {Component} */ component) => new ProbabilityView(component));
