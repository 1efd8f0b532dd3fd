// The Probability page: the model and x, the question about them, and the sections that show its answer. The browser
// computes it, so the server is asked nothing.

import { Dials } from "../../browser/map/dial_model.js";
import { linkOf, showInAddressBar, startingLink, stateOf } from "../../browser/map/link.js";
import { Fold } from "../../browser/ui/folds.js";
import { mount } from "../../browser/ui/mount.js";
import { captionOf, floorNote } from "../../browser/map/panel.js";
import { Panes } from "../../browser/map/panes.js";
import { Picker } from "../../browser/map/picker.js";
import { Side } from "../../browser/map/side.js";
import { Ancestral } from "./ancestral.js";
import { Curves } from "./curves.js";
import { Fitting } from "./fitting.js";
import { boundsOf, DECIMALS, Identity } from "./identity.js";
import { Inquiry, modelInput } from "./inquiry.js";
import { LookUp } from "./look_up.js";
import { PosteriorPicture } from "./posterior_picture.js";
import { layOut } from "./layout.js";
import { Sketch } from "./sketch.js";

/** @typedef {import("../../wire.js").Choice} Model */
/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
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
    this.inquiry = new Inquiry(data.worker_url, {
      seen: (x) => this.showX(x),
      progressed: (points) => this.showProgress(points),
      found: (answer) => this.showAnswer(answer),
      ended: (problem) => this.end(problem),
    });
    this.picture = new PosteriorPicture(this.root, this.pane);
    this.addSections(this.data.start);
    this.answers = 0;
    this.unreported = false;
    void this.start();
  }

  /** @param {Object<string, string>} start the link to start from */
  addSections({ full, lookup }) {
    this.identity = new Identity(this.find(".lse-identity"));
    this.lookUp = new LookUp(this.root, this.signal, {
      evidence: this.data.evidence,
      turned: () => {
        this.showLookedUp();
        this.publish();
      },
    });
    this.lookUp.turn(lookup === "on");
    this.fitting = new Fitting(this.find(".lse-fit"), this.signal, {
      stepped: (q) => this.started && this.picture?.showFitted(q),
      changed: () => this.publish(),
    });
    this.fitting.turnFull(full === "on");
    this.curves = new Curves(this.find(".lse-curves"), { draw: () => this.inquiry.askForCurves() });
    this.ancestral = new Ancestral(this.find(".lse-ancestral"), this.signal, {
      land: (places) => this.picture?.marks.land(places),
      take: (pixels) => {
        this.take(pixels, false);
        this.find(".lse-close").scrollIntoView({ block: "nearest", behavior: "smooth" });
      },
    });
    for (const details of this.root.querySelectorAll("details.lse-panel")) new Fold(/** @type {any} */ (details), this.signal);
    this.sketch = new Sketch(this.find(".lse-sketch"), this.signal, {
      drawn: (pixels, final) => final && pixels && this.take(pixels, true),
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
    this.takeLink(this.data.start.drawing);
    this.pane.start();
    this.showModel();
    this.ask();
    this.root.dataset.ready = "true";
    showInAddressBar(this.link, this.data.defaults);
    // Evaluating Plotly blocks the main thread for a second, so the map is drawn and usable before.
    requestAnimationFrame(() => setTimeout(() => void this.loadPlots()));
  }

  /** Begin with the drawing of the link, or else with an image. @param {string} drawing */
  takeLink(drawing) {
    const { sketch } = this;
    if (drawing && sketch && this.panes.state.image < 0) {
      sketch.likelihood = this.model.likelihood;
      sketch.restore(drawing);
    }
    this.drawing = Boolean(sketch?.ink);
    if (this.drawing) this.inquiry.take(-1, sketch?.pixels ?? null);
    else this.chooseFirstImage();
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
    if (image < 0 && images_url && !this.inquiry.pixels) {
      this.panes.state = { ...this.panes.state, image: 0, z: untouched ? null : z };
    }
    if (!this.inquiry.pixels) this.inquiry.take(this.panes.state.image, null);
  }

  // What the visitor does

  /** @param {Model | undefined} choice */
  async pick(choice) {
    const before = this.model;
    if (!choice || (this.started && choice.name === (this.side.asked ?? before).name)) return;
    if (!(await this.side.take(choice))) return this.picker.show(this.model);
    if (!this.started) return void this.start();
    this.chooseFirstImage(before.dataset !== choice.dataset && !this.inquiry.pixels);
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
    if (!final) return this.whileTurned();
    this.forgetAnswer();
    this.showModel();
    this.askAgain();
  }

  /** The answer is that of another KL weight, and no question is put until the dial stands. */
  whileTurned() {
    this.inquiry.hold();
    this.picker.show(this.model);
    Object.assign(this.root.dataset, { answered: "false", waits: "true" });
  }

  /** Ask about the same x under another model. */
  askAgain() {
    const given = this.drawing ? this.sketch?.pixels : this.sample;
    if (this.inquiry.pixels && given) this.inquiry.take(-1, modelInput(this.model, given));
    this.ask();
    this.publish();
  }

  /** Show the selected image, or that none is selected. */
  showSelected() {
    const { image } = this.panes.state;
    this.panes.noteSelected();
    if (image < 0 || !this.started) return;
    this.drawing = false;
    this.inquiry.take(image, null);
    this.ask();
  }

  /** @param {Uint8Array} pixels [784] in 0..255 @param {boolean} drawing by the visitor, and not a sample of the model */
  take(pixels, drawing) {
    this.drawing = drawing;
    this.sample = pixels;
    this.inquiry.take(-1, pixels);
    this.ask();
    this.panes.deselect();
    // The handle goes to the code of a drawing, and until the answer says where that is, it stays.
    this.pane.drawn = this.panes.z;
    if (drawing) this.panes.state = { ...this.panes.state, z: null };
    this.publish();
  }

  /** @param {HTMLElement} button */
  press(button) {
    const window = this.answer?.window;
    if (button.matches(".lse-nearer") && window) this.panes.look({ ...window, half: FOCUS_FACTOR * window.half }, true);
  }

  /** Ask about x, if there is one. */
  ask() {
    const { loaded } = this.pane;
    if (!loaded || !this.inquiry.hasImage) return;
    Object.assign(this.root.dataset, { answer: "", answered: "false", waits: "true" });
    this.picture?.show();
    void this.inquiry.put(this.model, loaded.decoder);
  }

  /** @returns {Object<string, string>} */
  get link() {
    const drawing = (this.drawing && this.sketch?.pad.text) || "";
    const state = { model: this.model.name, ...this.panes.state, drawing };
    const look = linkOf(state, this.pane.place.view.half, this.data.defaults);
    return { ...look, full: this.fitting?.full ? "on" : "", lookup: this.lookUp?.on ? "on" : "" };
  }

  /** After a final change: update the address bar, and report the link to Streamlit, which then runs the page anew: once
   * the answer stands, so that it competes with nothing. */
  publish() {
    if (!this.started) return;
    const { link } = this;
    showInAddressBar(link, this.data.defaults);
    this.unreported = this.inquiry.open;
    if (!this.unreported) this.report("link", link);
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
    this.picture?.show();
    this.showCurves();
  }

  /** @param {number} points decoded so far */
  showProgress(points) {
    this.find(".lse-progress").textContent = `Computing p(z|x): decoded at ${points.toLocaleString("en")} points of z so far.`;
  }

  /** All parts of the answer stand, or a sentence says why there is none. @param {string} problem */
  end(problem) {
    if (problem) this.forgetAnswer();
    this.panes.showError(problem);
    this.picture?.invite(this.model, problem);
    this.find(".lse-progress").textContent = "";
    Object.assign(this.root.dataset, { waits: "false", answer: String(++this.answers), answered: String(!problem) });
    this.picture?.show();
    this.showCurves();
    if (this.unreported) this.publish();
  }

  /** @param {Inference} answer so far */
  showAnswer(answer) {
    const fresh = this.answer?.x !== answer.x || this.answer?.model !== answer.model;
    this.answer = answer;
    this.root.dataset.waits = "false";
    if (fresh) this.picture?.take(answer);
    this.fitting?.show(answer, fresh);
    if (this.picture) this.picture.fitted = this.fitting?.fitted ?? null;
    this.lookUp?.show(answer);
    this.showLookedUp();
    this.showCurves();
    this.noteNumbers(answer);
    if (fresh && answer.image < 0) this.moveHandleTo(answer);
    this.showView();
  }

  /** Where the q that was looked up stands beside the encoder's: in the pictures and in the identity. */
  showLookedUp() {
    const found = this.lookUp?.found ?? null;
    this.identity?.show(this.answer ?? null, found);
    if (this.picture) this.picture.lookedUp = found && found.q;
    this.picture?.show();
  }

  /** @param {Uint8Array | null} x */
  showX(x) {
    const { image } = this.inquiry;
    const source = this.drawing ? "your drawing" : "a sample of the model";
    this.picture?.showX(x, x ? `x, ${image < 0 ? source : `test image ${image}`}` : "");
  }

  /** @param {Inference} answer */
  noteNumbers(answer) {
    const { dataset } = this.root;
    const { elbo, kl } = boundsOf(answer);
    dataset.logEvidence = answer.log_evidence.toFixed(DECIMALS);
    dataset.elbo = elbo?.value.toFixed(DECIMALS) ?? "";
    dataset.klPosterior = kl?.value.toFixed(DECIMALS) ?? "";
  }

  /** Move the handle, as to the code of a selected image. @param {Inference} answer */
  moveHandleTo({ q, window }) {
    const z = Float32Array.from(q?.mean ?? [window.x, window.y]);
    this.pane.drawn = z;
    if (!this.drawing) this.panes.state = { ...this.panes.state, z };
    this.panes.decode();
  }

  /** Remove an answer of another question or model, which has another latent space. */
  forgetAnswer() {
    this.answer = undefined;
    this.picture?.take(null);
    this.lookUp?.show(null);
    this.showLookedUp();
    this.fitting?.show(null, true);
  }

  showCurves() {
    if (!this.started) return;
    this.curves?.show(this.answer ?? null, { ...this.pane.scene.style, ...this.data.term_colours });
  }

  destroy() {
    this.resized?.disconnect();
    this.inquiry.destroy();
    this.curves?.destroy();
    this.panes.destroy();
  }
}

export default mount((/** @type {Component} */ component) => new ProbabilityView(component));
