// The Train page's maps: they follow the newest frame, or show the frame chosen on the timeline. The only server
// requests are for the frames' files.

import { GLIDE } from "../../browser/map/glide.js";
import { Inspector } from "../../browser/map/inspector.js";
import { firstLook } from "../../browser/map/link.js";
import { mount } from "../../browser/ui/mount.js";
import { Panes } from "../../browser/map/panes.js";
import { Curves } from "./curves.js";
import { fly } from "./flight.js";
import { layOut } from "./layout.js";
import { Moments } from "./moments.js";
import { Playback, PLAY_MS } from "./playback.js";
import { counted, momentOf, sentenceOf, showReadings } from "./readings.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("../../wire.js").Run} Run */
/** @typedef {import("./moments.js").Moment} Moment */
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
      press: (button) => this.press(button),
    });
    const { signal } = this.panes.end;
    this.timeline = new Timeline(root, signal, {
      scrub: (step) => this.choose(step),
      follow: () => this.choose(Infinity),
      play: () => this.playback.toggle(),
    });
    this.playback = new Playback(root, { advance: (again) => this.advance(again) });
    this.curves = new Curves(this.find(".lse-curves"), signal);
    this.inspectors = elements.map(
      (pane) => new Inspector(/** @type {HTMLElement} */ (pane.querySelector(".lse-image")), this.panes.originals),
    );
    this.moments = new Moments({
      show: (moment) => void this.bring(moment),
      fail: (frame) =>
        this.panes.showError(`The frame of step ${counted(frame.step)} could not be loaded. An older frame is shown. Reload the page to try again.`),
      following: () => this.following,
    });
    /** What all of the page shows. @type {Moment | null} */
    this.shown = null;
    /** What it shows next, when the codes in flight have landed. @type {Moment | null} */
    this.next = null;
    /** @type {object | null} the flight that goes on */
    this.flight = null;
    void this.start();
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  get following() {
    return this.step === Infinity;
  }

  /** Whether codes fly from one moment to the next. */
  get moves() {
    return this.shown !== null && (this.following || this.playback.playing);
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
    await this.fetch();
    if (this.shown) this.root.dataset.ready = "true";
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
    this.showState();
    void this.fetch();
  }

  /** Fetch the moment of the step. @param {boolean} [again] try even if it failed before */
  async fetch(again = false) {
    await this.moments.want(this.data.runs, this.goal, again);
  }

  /** Update everything that depends on the progress of the runs. */
  showState() {
    const { runs, invitation } = this.data;
    this.find(".lse-invitation").textContent = invitation;
    this.root.dataset.frames = String(Math.max(...runs.map(({ frames }) => frames.length)));
    this.panes.all.forEach((pane, i) => this.showRun(pane, i));
    this.timeline.update(runs);
    this.curves.update(runs, { ...this.panes.lead.scene.style, ...this.data.term_colours });
    this.showStep();
    this.showView();
  }

  /** The name of a run, its moment, and what it waits for before its first frame.
   * @param {import("../../browser/map/pane.js").Pane} pane @param {number} i */
  showRun(pane, i) {
    const run = this.data.runs[i];
    const still = this.shown?.stills[i];
    const named = this.data.runs.length > 1;
    const { label, waiting } = run;
    pane.find(".lse-label").textContent = label;
    pane.find(".lse-shown").textContent = still ? momentOf(run, still, named) : "";
    if (named) pane.title = `the map of ${label}`;
    const words = pane.find(".lse-waiting");
    words.textContent = waiting;
    words.hidden = pane.loaded !== null;
    pane.scene.handle.hidden = pane.loaded === null;
  }

  /** Update everything that shows the current step. */
  showStep() {
    const step = this.shown?.step ?? null;
    this.root.dataset.following = String(this.following);
    this.root.dataset.step = String(step ?? "");
    this.timeline.show(step, this.following);
    this.curves.moveCursors(this.shown?.stills.map((still) => still?.step ?? null) ?? []);
  }

  /** A moment is fetched. The codes fly there first, and only when they have landed is anything of it shown.
   * @param {Moment} moment */
  async bring(moment) {
    this.next = moment;
    if (this.flight && this.moves) return;
    const flight = (this.flight = {});
    while (this.next) {
      const { next } = this;
      this.next = null;
      if (this.moves) await this.flyTo(next);
      if (flight !== this.flight || this.panes.end.signal.aborted) return;
      this.land(next);
    }
    this.flight = null;
  }

  /** The share of the usual time that a glide may take: the next moment is to find the camera at rest. */
  get haste() {
    const gap = this.playback.playing ? PLAY_MS : this.moments.gap;
    return Math.min(1, gap / (GLIDE.codes + GLIDE.camera));
  }

  /** @param {Moment} moment */
  async flyTo({ stills }) {
    const duration = this.haste * GLIDE.codes;
    const flying = stills.map((still, i) => {
      const pane = this.panes.all[i];
      return still && pane.loaded && still.loaded !== pane.loaded && fly(pane, still.loaded, duration);
    });
    await Promise.all(flying);
  }

  /** Show a moment: the one place where anything that belongs to a frame changes. @param {Moment} moment */
  land(moment) {
    const { moves } = this;
    const { all } = this.panes;
    this.shown = moment;
    this.panes.showError("");
    moment.stills.forEach((still, i) => {
      if (!still) return;
      all[i].loaded = still.loaded;
      all[i].element.dataset.step = String(still.step);
      this.showRun(all[i], i);
    });
    showReadings(this.find(".lse-numbers"), this.data.runs, moment.stills);
    this.showStep();
    this.showView();
    for (const pane of all) {
      if (moves) pane.glide({ codes: 0, camera: this.haste * GLIDE.camera });
      else pane.jump();
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
    this.panes.all.forEach(({ loaded, subject }, i) => {
      if (loaded) this.inspectors[i].show(loaded, subject, image, "E is estimated by one draw of z.");
    });
  }

  /** @param {HTMLElement} button */
  press(button) {
    if (button.matches("[data-testid=live]")) this.choose(Infinity);
    if (button.matches("[data-testid=play]")) this.playback.toggle();
  }

  /** The visitor chose a step, which ends a playback. @param {number} step Infinity follows the newest frame */
  choose(step) {
    this.playback.stop();
    void this.goTo(step);
  }

  /** @param {number} step */
  async goTo(step) {
    this.step = step;
    this.showStep();
    await this.fetch(true);
  }

  /** Go to the next frame. @param {boolean} again from the last frame to the first
   * @returns {Promise<boolean>} whether there is one after it */
  async advance(again) {
    const { after, frames } = this.timeline;
    const step = after ?? (again ? frames[0] : Infinity);
    await this.goTo(step === frames.at(-1) ? Infinity : step);
    return !this.following && !this.panes.end.signal.aborted;
  }

  /** Streamlit does not say whether the data or the theme has changed. */
  restyleIfChanged() {
    const { scene } = this.panes.lead;
    const before = scene.ink.join();
    scene.readTheme();
    if (scene.ink.join() !== before) this.panes.restyle();
  }

  destroy() {
    this.playback.stop();
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
