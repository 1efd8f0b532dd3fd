// The Train page's maps: they follow the newest frame, or show the frame chosen on the timeline. The only server
// requests are for the frames' files.

import { GLIDE } from "../../browser/map/glide.js";
import { Inspector } from "../../browser/map/inspector.js";
import { firstLook } from "../../browser/map/link.js";
import { mount } from "../../browser/ui/mount.js";
import { Panes } from "../../browser/map/panes.js";
import { Curves } from "./curves.js";
import { layOut } from "./layout.js";
import { counted, momentOf, sentenceOf, showReadings } from "./readings.js";
import { Timeline } from "./timeline.js";
import { Track } from "./track.js";

/** @typedef {import("../../wire.js").Run} Run */
/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").RunData>} Component */

class RunView {
  /** @param {Component} component */
  constructor({ data, parentElement }) {
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    const { root } = this;
    this.root.dataset.ready = "false";
    this.data = data;
    /** The step that the visitor chose; Infinity follows the newest frame. */
    this.step = Infinity;
    const elements = layOut(root, data.runs.length);
    this.panes = new Panes(root, elements, data.runs.map(subjectOf), firstLook(), data, {
      changed: () => {},
      showSelected: () => this.showSelected(),
      showView: () => this.showView(),
      press: (button) => button.matches("[data-testid=live]") && this.goTo(Infinity),
    });
    const { signal } = this.panes.end;
    this.timeline = new Timeline(root, signal, {
      scrub: (step) => this.goTo(step),
      follow: () => this.goTo(Infinity),
    });
    this.curves = new Curves(this.find(".lse-curves"), signal);
    this.inspectors = elements.map(
      (pane) => new Inspector(/** @type {HTMLElement} */ (pane.querySelector(".lse-image")), this.panes.originals),
    );
    this.tracks = data.runs.map((run, i) => new Track(run, this.panes.all[i], this.page));
    void this.start();
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** The callbacks of the tracks. */
  get page() {
    return {
      show: (/** @type {Track} */ track) => this.showFrame(track),
      fail: (/** @type {import("../../wire.js").Frame} */ frame) =>
        this.panes.showError(`The frame of step ${counted(frame.step)} could not be loaded. An older frame is shown. Reload the page to try again.`),
      following: () => this.following,
    };
  }

  get following() {
    return this.step === Infinity;
  }

  /** The step to show: while following, that of the newest frame, also for an earlier run beside it. */
  get goal() {
    const live = this.data.runs.filter(({ ended, frames }) => !ended && frames.length);
    if (!this.following || !live.length) return this.step;
    return Math.max(...live.map(({ frames }) => frames[frames.length - 1].step));
  }

  async start() {
    for (const pane of this.panes.all) pane.start();
    this.showState();
    this.resized = new ResizeObserver(() => this.curves.redraw());
    this.resized.observe(this.curves.chart);
    await this.choose();
    if (this.tracks.some(({ shown }) => shown)) this.root.dataset.ready = "true";
    // Evaluating Plotly blocks the main thread for a second, so an available frame is drawn before.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    await Promise.all([this.panes.loadAxes(this.data.plotly_url), this.loadCurves()]);
    if (!this.panes.end.signal.aborted) this.root.dataset.ready = "true";
  }

  async loadCurves() {
    await this.curves.load(this.data.plotly_url).catch(() => {}); // the axes report the error
  }

  /** @param {Component} component */
  update({ data }) {
    this.data = data;
    this.restyleIfChanged();
    data.runs.forEach((run, i) => this.tracks[i].note(run));
    this.showState();
    void this.choose();
  }

  /** Every track shows its frame of the step. @param {boolean} [again] try even if it failed before */
  async choose(again = false) {
    await Promise.all(this.tracks.map((track) => track.want(this.goal, again)));
  }

  /** Update everything that depends on the progress of the runs. */
  showState() {
    const { runs, invitation } = this.data;
    this.find(".lse-invitation").textContent = invitation;
    this.root.dataset.frames = String(Math.max(...runs.map(({ frames }) => frames.length)));
    for (const { pane, run } of this.tracks) {
      pane.find(".lse-label").textContent = run.label;
      if (runs.length > 1) pane.title = `the map of ${run.label}`;
      const words = pane.find(".lse-waiting");
      words.textContent = run.waiting;
      words.hidden = pane.loaded !== null;
      pane.scene.handle.hidden = pane.loaded === null;
    }
    this.timeline.update(runs);
    this.curves.update(runs, { ...this.panes.lead.scene.style, ...this.data.term_colours });
    this.showStep();
    this.showView();
  }

  /** Update everything that shows the current step. */
  showStep() {
    const steps = this.tracks.map(({ shown }) => shown?.step ?? null);
    const newest = steps.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b)));
    this.root.dataset.following = String(this.following);
    this.root.dataset.step = String(newest ?? "");
    this.timeline.show(newest, this.following);
    this.curves.moveCursors(steps);
  }

  /** @param {Track} track has another frame to show */
  showFrame({ run, shown, pane, gap }) {
    if (!shown || this.panes.end.signal.aborted) return;
    this.panes.showError("");
    pane.find(".lse-waiting").hidden = true;
    pane.scene.handle.hidden = false;
    pane.element.dataset.step = String(shown.step);
    showReadings(pane.find(".lse-numbers"), run, shown);
    pane.find(".lse-shown").textContent = momentOf(run, shown, this.data.runs.length > 1);
    this.showStep();
    const moved = this.panes.scaleIsCommon ? this.panes.all : [pane];
    const share = Math.min(1, gap / (GLIDE.codes + GLIDE.camera)); // the next frame is to find the camera at rest
    for (const each of moved) {
      if (this.following) each.glide({ codes: share * GLIDE.codes, camera: share * GLIDE.camera });
      else each.jump();
    }
    this.panes.decode();
    this.showSelected();
  }

  showView() {
    const outside = this.panes.all.map((pane) => pane.countOutside());
    const empty = this.panes.all.every(({ loaded }) => !loaded);
    this.find(".lse-caption").textContent = empty ? "" : sentenceOf(this.data.runs, outside);
    this.panes.pressScale();
  }

  showSelected() {
    const { image } = this.panes.state;
    this.panes.noteSelected();
    this.tracks.forEach(({ pane: { loaded, subject } }, i) => {
      if (loaded) this.inspectors[i].show(loaded, subject, image, "E is estimated by one draw of z.");
    });
  }

  /** @param {number} step Infinity follows the newest frame */
  goTo(step) {
    this.step = step;
    this.showStep();
    void this.choose(true);
  }

  /** Streamlit does not say whether the data or the theme has changed. */
  restyleIfChanged() {
    const { scene } = this.panes.lead;
    const before = scene.ink.join();
    scene.readTheme();
    if (scene.ink.join() !== before) this.panes.restyle();
  }

  destroy() {
    this.resized?.disconnect();
    this.curves.destroy();
    this.panes.destroy();
  }
}

/** @param {Run} run @returns {import("../../browser/map/card.js").Subject} */
function subjectOf({ dataset, likelihood, class_names }) {
  return { dataset, likelihood, class_names, images_url: null };
}

/** @param {import("../../wire.js").RunData} data for the identity of its maps, in order */
const namesOf = ({ runs }) => JSON.stringify(runs.map(({ name, dataset, likelihood }) => [name, dataset, likelihood]));

export default mount(
  (/** @type {Component} */ component) => new RunView(component),
  (view, data) => namesOf(view.data) === namesOf(data),
);
