// The rate-distortion plane: one point per model, and two handles that choose A and B. It makes no server requests.

import { element } from "../../../browser/ui/dom.js";
import { listenToHandle, listenToMap } from "../../../browser/ui/gestures.js";
import { sameKind } from "../../../browser/net/likelihood.js";
import { loadPlotly } from "../../../browser/ui/plotly.js";
import { planeFigure } from "./plane_figure.js";
import { inWords } from "./plane_names.js";
import { frameOf, isOutside, seedSpotsOf, shownAt, spotsOf, subjectOfPlane, unitSpot } from "./plane_spots.js";
import { canvasOf, saveButtons } from "../../../browser/ui/saving.js";

/** @typedef {import("./plane_spots.js").PlaneState} PlaneState */
/** @typedef {import("./plane_spots.js").Spot} Spot */
/** @typedef {{rate: number, distortion: number}} Rated in nats */

const REACH_OF_CLICK = 14; // px
const LETTERS = ["A", "B"];
const SOURCE = "https://arxiv.org/abs/1711.00464";
const CONFIG = { displayModeBar: false, responsive: false };

export class Plane {
  /** @param {HTMLElement} section to fill @param {{pick: (letter: string, name: string) => void}} events */
  constructor(section, { pick }) {
    this.section = section;
    this.pick = pick;
    this.end = new AbortController();
    /** @type {Spot[]} */
    this.spots = [];
    /** @type {Object<string, string>} the model of each handle */
    this.on = {};
    /** The handle that a click on a model moves: the last one moved. */
    this.last = "B";
    this.all = false;
    this.drawn = "";
    this.lines = /** @type {any} */ (element("div", "lse-plane-lines"));
    this.chart = element("div", "lse-plane-chart", this.lines);
    this.handles = LETTERS.map((letter) => this.handle(letter));
    this.chart.append(...this.handles);
    this.caption = element("p", "lse-quiet");
    this.more = element("button", "", "Show all models");
    section.replaceChildren(this.head(), this.chart, this.caption);
    listenToMap(this.lines, this.end.signal, { hover: () => {}, click: (event) => this.click(event) });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.chart);
  }

  head() {
    Object.assign(this.more, { type: "button", hidden: true });
    this.more.addEventListener("click", () => {
      this.all = !this.all;
      this.draw();
    });
    const save = saveButtons({
      name: "rate-distortion plane",
      of: () => this.chosen,
      png: () => canvasOf(this.chart),
      csv: () => this.rows(),
    });
    return element("header", "lse-figure-head", this.more, save);
  }

  /** @param {string} letter */
  handle(letter) {
    const handle = element("div", `lse-peg lse-peg-${letter}`, element("b", "lse-badge", letter));
    const ariaLabel = `model ${letter}; arrow keys move it to a model with another rate`;
    Object.assign(handle, { role: "slider", tabIndex: 0, ariaLabel, hidden: true });
    handle.dataset.letter = letter;
    let [left, top] = [0, 0];
    listenToHandle(handle, this.end.signal, {
      grab: () => ([left, top] = this.at(this.on[letter])),
      drag: (right, down) => this.move(letter, this.nearest(left + right, top + down)),
      step: (right, up) => this.step(letter, Math.sign(right - up)),
      release: () => {},
    });
    return handle;
  }

  /** @param {string} url of Plotly */
  async load(url) {
    const plotly = await loadPlotly(url);
    if (this.end.signal.aborted) return;
    this.plotly = plotly;
    this.draw();
  }

  /** @param {PlaneState} state */
  show(state) {
    this.state = state;
    this.spots = spotsOf(state);
    this.on = { A: state.a.name, B: state.b.name };
    this.draw();
  }

  /** @returns {import("./plane_spots.js").Scatter} */
  get scatter() {
    const state = /** @type {PlaneState} */ (this.state);
    const unit = subjectOfPlane(state).likelihood.unit_per_image;
    return { spots: this.spots, seeds: seedSpotsOf(state), frame: frameOf(this.spots, this.all), unit };
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.chart;
    if (!this.plotly || !this.state || !width || this.end.signal.aborted) return;
    const wanted = JSON.stringify([this.scatter, width, height, this.state.ink]);
    if (wanted !== this.drawn) this.plot({ width, height }, this.state.ink);
    this.drawn = wanted;
    this.describe(this.state);
    this.place();
    this.section.dataset.ready = "true";
  }

  /** @param {import("./plane_spots.js").Size} size @param {import("./plane_spots.js").PlaneInk} ink */
  plot(size, ink) {
    const { data, layout } = planeFigure(this.scatter, size, ink);
    // newPlot each time: react would keep points hidden that were outside the frame before.
    this.plotly.newPlot(this.lines, data, layout, CONFIG);
  }

  /** Write the caption. @param {PlaneState} state */
  describe(state) {
    const subject = subjectOfPlane(state);
    this.more.hidden = !this.spots.some((spot) => isOutside(spot, frameOf(this.spots, false)));
    this.more.textContent = this.all ? "Show the best models" : "Show all models";
    const link = element("a", "", "Alemi et al., 2018");
    Object.assign(link, { href: SOURCE, target: "_blank", rel: "noopener" });
    const averages = `averages over ${subject.images.toLocaleString("en")} ${subject.dataset} test images`;
    const seeds = this.scatter.seeds.length ? "; crosses: other seeds of the same recipes" : "";
    const unit = unitSpot(this.spots);
    const sum = unit ? (unit.rate + unit.distortion).toFixed(1) : "";
    const line = sum && ` On the dashed line R + D is ${sum} ${subject.likelihood.unit}, the −ELBO of β = 1.`;
    const words = `: ${averages}${seeds}.${line}${this.invitation}${otherKindOf(subject, state)}`;
    this.caption.replaceChildren("After ", link, words);
  }

  /** How to use the handles; empty if there is only one model. */
  get invitation() {
    if (this.spots.length < 2) return "";
    const here = LETTERS.filter((letter) => this.spots.some(({ name }) => name === this.on[letter]));
    const curve = this.spots.filter((spot) => spot.curve).length > 1;
    const way = curve ? "along the curve" : "to another model";
    return ` Drag ${here.join(" or ")} ${way}, or click a model to put ${this.last} there.`;
  }

  /** The position of a model, in pixels from the chart's top left corner. @param {string} name */
  at(name) {
    const spot = this.spots.find((each) => each.name === name);
    const { xaxis, yaxis } = this.lines._fullLayout;
    if (!spot) return [0, 0];
    const { rate, distortion } = shownAt(spot, frameOf(this.spots, this.all));
    return [xaxis._offset + xaxis.l2p(rate), yaxis._offset + yaxis.l2p(distortion)];
  }

  /** Put the handles on their models. */
  place() {
    const byRate = this.byRate;
    for (const handle of this.handles) {
      const name = this.on[handle.dataset.letter ?? ""];
      const index = byRate.findIndex((spot) => spot.name === name);
      handle.hidden = index < 0;
      if (index < 0) continue;
      const [x, y] = this.at(name);
      handle.style.transform = `translate(${x}px, ${y}px)`;
      Object.assign(handle, {
        ariaValueMin: "0",
        ariaValueMax: String(byRate.length - 1),
        ariaValueNow: String(index),
        ariaValueText: inWords(byRate[index]),
      });
    }
  }

  get byRate() {
    return [...this.spots].sort((one, other) => one.rate - other.rate);
  }

  /** The model nearest to a place on the chart, if it is within reach; all in pixels.
   * @param {number} left @param {number} top @param {number} [reach] @returns {Spot | undefined} */
  nearest(left, top, reach = Infinity) {
    const distances = this.spots.map(({ name }) => {
      const [x, y] = this.at(name);
      return Math.hypot(x - left, y - top);
    });
    const least = Math.min(...distances);
    return least < reach ? this.spots[distances.indexOf(least)] : undefined;
  }

  /** @param {PointerEvent} event */
  click({ clientX, clientY }) {
    const { left, top } = this.chart.getBoundingClientRect();
    if (this.plotly) this.move(this.last, this.nearest(clientX - left, clientY - top, REACH_OF_CLICK));
  }

  /** To the model with the next greater rate, or the next smaller one. @param {string} letter @param {number} way */
  step(letter, way) {
    const { byRate } = this;
    const index = byRate.findIndex(({ name }) => name === this.on[letter]);
    this.move(letter, byRate[index + way]);
  }

  /** @param {string} letter @param {Spot | undefined} spot */
  move(letter, spot) {
    if (!spot || spot.name === this.on[letter]) return;
    this.on[letter] = spot.name;
    this.last = letter;
    this.place();
    this.pick(letter, spot.name);
  }

  /** The models of A and B, for the names of files. */
  get chosen() {
    return this.state ? [this.state.a.label, this.state.b.label] : [];
  }

  /** @returns {import("../../../browser/ui/saving.js").Rows} */
  rows() {
    const { spots, seeds, unit } = this.scatter;
    const nats = (/** @type {Rated} */ { rate, distortion }) => [rate, distortion, rate + distortion];
    return [
      ["model", "beta", "seed", "rate (nats per image)", `distortion (${unit})`, `negative ELBO (${unit})`],
      ...spots.map((spot) => [spot.label, spot.beta, "", ...nats(spot)]),
      ...seeds.map((spot) => [`β = ${spot.beta}`, spot.beta, spot.seed, ...nats(spot)]),
    ];
  }

  destroy() {
    this.end.abort();
    this.observer.disconnect();
    this.plotly?.purge(this.lines);
  }
}

/** The one of A and B whose data set or likelihood differs from the plane's.
 * @param {import("../../../wire.js").Choice} subject @param {PlaneState} state */
function otherKindOf(subject, { a, b }) {
  if (sameKind(a, b)) return "";
  const [letter, { label }] = subject === a ? ["B", b] : ["A", a];
  return ` ${letter} (${label}) has other images or another likelihood: its nats cannot be compared with these.`;
}
