// The Map page: the current model, the link state, and the panels beside the map. There are no server requests while
// a pointer is down.

import { Chooser } from "./chooser.js";
import { DialControl } from "./dial_control.js";
import { endStop } from "../../browser/map/dial_track.js";
import { Dials, fetchAny } from "../../browser/map/dial_model.js";
import { GLIDE } from "../../browser/map/glide.js";
import { Inspector } from "../../browser/map/inspector.js";
import { linkOf, showInAddressBar, startingLink, stateOf } from "../../browser/map/link.js";
import { mount } from "../../browser/ui/mount.js";
import { Presenter } from "../../browser/ui/presenter.js";
import { captionOf, showNumbers, takenOf } from "../../browser/map/panel.js";
import { Panes } from "../../browser/map/panes.js";

/** @typedef {import("../../wire.js").Model} Model */
/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").MapData>} Component */

class LatentMap {
  /** @param {Component} component */
  constructor({ data, parentElement, setStateValue }) {
    this.data = { ...data, start: startingLink(data) };
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    const { model, ...look } = stateOf(this.data.start);
    /** Whether the table compares with beta = 1, and not with the model shown before. */
    this.pinned = this.data.start.pin === "on";
    const ended = new AbortController();
    this.ended = ended;
    const { size } = this.data.start;
    this.presenter = new Presenter(this.root, this.find(".lse-weight"), ended.signal, size, () => this.publish());
    this.dials = new Dials(data.dials);
    this.model = data.models.find(({ name }) => name === model) ?? this.dials.named(model) ?? data.models[0];
    /** @type {Model | null} the model shown before this one */
    this.before = null;
    this.chooser = new Chooser(this.root, data.models, this.dials);
    this.control = new DialControl(this.root, data.models, ended.signal, (...turn) => this.turn(...turn));
    this.panes = new Panes(this.root, [this.root], [this.model], look, data, {
      changed: () => this.publish(),
      showSelected: () => this.showSelected(),
      showView: () => this.showView(),
      press: (button) => this.press(button),
    });
    this.find(".lse-decoded > div").append(this.control.figure);
    this.pane = this.panes.lead;
    this.inspector = new Inspector(this.find(".lse-image"), this.panes.originals);
    void this.startWith(this.model);
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {Model} model the first one, or another if that could not be loaded */
  async startWith(model) {
    if (!(await this.take(model)) || this.started) return;
    this.started = true;
    this.pane.start();
    this.showModel();
    this.root.dataset.ready = "true";
    showInAddressBar(this.link, this.data.defaults);
    // Evaluating Plotly blocks the main thread for a second, so the map is drawn and usable before.
    requestAnimationFrame(() => setTimeout(() => void this.loadRest()));
  }

  /** What the map can do without: the axes, then the dial's table. */
  async loadRest() {
    await this.panes.loadAxes(this.data.plotly_url);
    await this.dials.under(this.model)?.load().catch(() => {}); // the first turn tries again, and reports the error
  }

  /** Load ``model``.
   * @param {Model} model
   * @returns {Promise<boolean>} false after an error, or if another was requested meanwhile */
  async take(model) {
    this.asked = model;
    try {
      const loaded = await fetchAny(this.dials, model);
      if (this.asked !== model || this.panes.end.signal.aborted) return false;
      this.pane.loaded = loaded;
    } catch {
      if (this.asked !== model) return false;
      this.panes.showError(`The model “${model.label}” could not be loaded. Check the connection and choose it again.`);
      this.control.show(this.dials.under(this.model), this.model);
      return false;
    }
    this.panes.showError("");
    this.forgetOtherImages(model);
    this.pane.subject = this.model = model;
    return true;
  }

  /** Deselect an image that the next model's data set does not have. @param {Model} model the next one */
  forgetOtherImages({ dataset, images }) {
    const { state } = this.panes;
    if (dataset === this.model.dataset && state.image < images) return;
    this.panes.state = { ...state, image: -1, z: state.z ?? new Float32Array(2) };
  }

  // What is shown

  /** Update everything beside the map that depends on the model. */
  showModel() {
    this.control.show(this.dials.under(this.model), this.model);
    this.showTurned();
    this.chooser.show(this.model);
    this.showSelected();
    this.showView();
    this.panes.decode();
  }

  /** Update the sentence below the map, and the buttons of the view. */
  showView() {
    if (!this.pane.loaded) return;
    this.find(".lse-caption").textContent = captionOf(this.model, this.pane.countOutside());
    this.panes.pressScale();
    this.find(".lse-toggle").setAttribute("aria-pressed", String(this.panes.state.lattice));
  }

  showSelected() {
    const { image } = this.panes.state;
    this.panes.noteSelected();
    const { dataset, images_url } = this.model;
    const missing = images_url ? "" : ` The ${dataset} images are not on the server, so the original is not shown.`;
    const note = `${takenOf(this.model)}.${missing}`;
    if (this.pane.loaded) this.inspector.show(this.pane.loaded, this.model, image, note);
  }

  // What the visitor does

  /** @returns {Object<string, string>} */
  get link() {
    const look = linkOf({ model: this.model.name, ...this.panes.state }, this.pane.place.view.half, this.data.defaults);
    return { ...look, pin: this.pinned ? "on" : "", size: this.presenter.size };
  }

  /** After a final change: update the address bar, and report the link to Streamlit. */
  publish() {
    const { link } = this;
    showInAddressBar(link, this.data.defaults);
    this.report("link", link);
  }

  /** @param {Model | undefined} model the animation's target */
  async switchTo(model) {
    if (!model) return;
    if (!this.started) return this.startWith(model);
    this.asked = model;
    const before = this.model;
    if (model === before || !(await this.take(model))) return;
    this.before = before;
    const other = before.dataset !== model.dataset;
    if (other) this.pane.jump();
    this.showModel();
    this.publish();
    if (!other) this.pane.glide(GLIDE);
  }

  /** Turn the dial. @param {number} beta 0 is the model that was trained without the KL term
   * @param {boolean} final false while it moves */
  turn(beta, final) {
    const { model } = this;
    const dial = this.dials.under(model);
    if (!beta) return void this.switchTo(endStop(this.data.models, dial.data.model));
    if (!dial.loaded || !dial.has(model) || !this.started) return void this.switchTo(dial.at(beta));
    this.asked = this.pane.subject = this.model = dial.at(beta);
    this.pane.loaded = dial.loaded.at(beta);
    this.pane.turn();
    this.panes.decode();
    if (final) this.showModel();
    else this.showTurned();
    if (final) this.publish();
  }

  /** What follows the dial while it moves; the rest waits for its end. */
  showTurned() {
    this.root.dataset.model = this.model.name;
    this.root.dataset.beta = String(this.model.beta);
    this.control.showPlace(this.model);
    const reference = this.dials.of(this.model)?.at(1) ?? this.chooser.like(this.model, 1);
    showNumbers(this.find(".lse-numbers"), (!this.pinned && this.before) || reference, this.model);
    const pin = this.find(".lse-pin");
    pin.hidden = !reference;
    pin.setAttribute("aria-pressed", String(this.pinned));
  }

  /** @param {boolean} on */
  setGrid(on) {
    this.panes.state = { ...this.panes.state, lattice: on };
    this.showView();
    this.publish();
    void this.pane.decodeBackdrop();
    this.pane.paint();
  }

  pin() {
    this.pinned = !this.pinned;
    this.showTurned();
    this.publish();
  }

  /** @param {HTMLElement} button */
  press(button) {
    if (button.matches(".lse-pin")) this.pin();
    if (button.matches(".lse-switch")) void this.switchTo(this.chooser.switched(this.model));
    if (button.matches(".lse-toggle")) this.setGrid(!this.panes.state.lattice);
    void this.switchTo(this.chooser.named(button.dataset.modelName, this.model));
  }

  /** Only the theme can change while the map is mounted. @param {Component} component */
  update({ setStateValue }) {
    this.report = setStateValue;
    if (this.started) this.panes.restyle();
  }

  destroy() {
    this.ended.abort();
    this.panes.destroy();
  }
}

export default mount((/** @type {Component} */ component) => new LatentMap(component));
