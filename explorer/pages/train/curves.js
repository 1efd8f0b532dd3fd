// The loss terms over the steps: training batches thin and pale, held-out averages thick, a line at the current frame.

import { element, svg } from "../../browser/ui/dom.js";
import { loadPlotly } from "../../browser/ui/plotly.js";
import { smallType } from "../../browser/ui/type.js";
import { counted, short } from "./readings.js";

/** @typedef {import("../../wire.js").Run} Run */
/** @typedef {import("../../browser/map/axes.js").Ink & import("../../wire.js").TermColours} Tones */

const PAUSE_MS = 1000; // the minimum between two drawings
const EARLY = 0.04; // share of the steps: the first drop from 540 nats would flatten the rest
const TOP_MARGIN = 1.5; // of the size of type
const NAME_SHARE = 0.15; // of the axis, that the name of a change may take
const MOST_NAMED = 3; // changes in one name, the last ones
const DASHES = ["solid", "dash"];

export class Curves {
  /** @param {HTMLElement} section @param {AbortSignal} signal */
  constructor(section, signal) {
    this.section = section;
    this.keys = /** @type {HTMLElement} */ (section.querySelector(".lse-keys"));
    this.chart = /** @type {HTMLElement} */ (section.querySelector(".lse-chart"));
    this.lines = /** @type {any} */ (section.querySelector(".lse-lines"));
    this.signal = signal;
    /** @type {HTMLElement[]} */
    this.cursors = [];
    /** @type {(number | null)[]} */
    this.steps = [];
    this.drawn = -Infinity;
    this.later = 0;
  }

  /** @param {string} url of Plotly */
  async load(url) {
    this.plotly = await loadPlotly(url);
    this.redraw();
  }

  /** @param {Run[]} runs @param {Tones} tones */
  update(runs, tones) {
    this.runs = runs;
    this.tones = tones;
    this.keys.replaceChildren(...keysOf(runs, tones));
    this.section.hidden = runs.every(({ frames, training }) => !frames.length && !training.step.length);
    this.redraw();
  }

  /** At most once a second. */
  redraw() {
    if (!this.plotly || this.later || this.signal.aborted) return;
    const wait = this.drawn + PAUSE_MS - performance.now();
    this.later = window.setTimeout(
      () => {
        this.later = 0;
        this.draw();
      },
      Math.max(0, wait),
    );
  }

  draw() {
    if (this.signal.aborted || !this.runs || !this.tones || !this.chart.clientWidth) return;
    this.drawn = performance.now();
    const { clientWidth, clientHeight } = this.chart;
    const traces = this.runs.flatMap((run, i) => tracesOf(run, DASHES[i], /** @type {Tones} */ (this.tones)));
    const layout = chartOf(this.runs, clientWidth, clientHeight, this.tones);
    this.plotly.react(this.lines, traces, layout, { displayModeBar: false, responsive: false });
    this.moveCursors(this.steps);
  }

  /** @param {(number | null)[]} steps of the current frame of each run */
  moveCursors(steps) {
    this.steps = steps;
    const axis = this.lines._fullLayout?.xaxis;
    if (!axis) return;
    while (this.cursors.length < steps.length) {
      const cursor = element("i", `lse-cursor lse-cursor-${DASHES[this.cursors.length]}`);
      this.cursors.push(cursor);
      this.chart.append(cursor);
    }
    this.cursors.forEach((cursor, i) => {
      cursor.hidden = steps[i] === null;
      cursor.style.transform = `translateX(${axis._offset + axis.l2p(steps[i])}px)`;
    });
  }

  destroy() {
    clearTimeout(this.later);
    this.plotly?.purge(this.lines);
  }
}

/** The legend. @param {Run[]} runs @param {Tones} tones */
function keysOf(runs, { reconstruction, kl, text }) {
  const terms = [key("reconstruction", reconstruction), key("KL", kl), key("−ELBO", text)];
  const kinds = [key("held-out images", text, "dot"), key("training batches", text, "pale")];
  if (runs.length === 1) return [...terms, ...kinds];
  return [...terms, ...kinds, ...runs.map(({ label }, i) => key(label, text, DASHES[i]))];
}

/** @param {string} words @param {string} colour @param {string} kind */
function key(words, colour, kind = "solid") {
  const sample = svg("svg", { width: 22, height: 10, class: `lse-key-${kind}`, "aria-hidden": "true" });
  sample.append(svg("path", { d: "M1 5H21", stroke: colour }));
  if (kind === "dot") sample.append(svg("circle", { cx: 11, cy: 5, r: 3.5, fill: colour }));
  return element("span", "lse-key", sample, words);
}

/** @param {number[]} first @param {number[]} second */
function sum(first, second) {
  return first.map((value, i) => value + second[i]);
}

/** @param {Run} run @param {string} dash @param {Tones} tones */
function tracesOf({ training, frames, likelihood }, dash, { reconstruction, kl, text }) {
  const meta = likelihood.unit;
  const held = {
    step: frames.map((frame) => frame.step),
    reconstruction: frames.map((frame) => frame.reconstruction),
    kl: frames.map((frame) => frame.kl),
  };
  const pair = (/** @type {typeof held} */ curve, /** @type {object} */ style) => [
    { ...style, y: sum(curve.reconstruction, curve.kl), line: { color: text, dash }, name: "−ELBO", meta },
    { ...style, y: curve.reconstruction, line: { color: reconstruction, dash }, name: "reconstruction", meta },
    { ...style, y: curve.kl, line: { color: kl, dash }, name: "KL", yaxis: "y2", meta: "nats" },
  ];
  const pale = pair(training, { x: training.step, mode: "lines", opacity: 0.35, hoverinfo: "skip" });
  const look = { mode: "lines+markers", marker: { size: 5 }, hovertemplate: "%{y:.1f} %{meta}" };
  const thick = pair(held, { x: held.step, ...look });
  return [...pale.map((trace) => withWidth(trace, 1)), ...thick.map((trace) => withWidth(trace, 2))];
}

/** @param {{line: object}} trace @param {number} width */
function withWidth(trace, width) {
  return { ...trace, type: "scatter", showlegend: false, line: { ...trace.line, width } };
}

/** The range of all values after the first few per cent of the steps, or after half of the steps so far.
 * @param {Run[]} runs
 * @param {(curve: {reconstruction: number, kl: number}) => number[]} pick */
function rangeOf(runs, pick) {
  const points = runs.flatMap(({ training, frames }) => [
    ...training.step.map((step, i) => ({ step, reconstruction: training.reconstruction[i], kl: training.kl[i] })),
    ...frames,
  ]);
  const latest = Math.max(0, ...points.map(({ step }) => step));
  const early = Math.min(EARLY * Math.max(...runs.map(({ steps }) => steps)), latest / 2);
  const late = points.filter(({ step }) => step > early);
  const values = (late.length ? late : points).flatMap(pick).filter(Number.isFinite);
  if (!values.length) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low) || 1;
  return [low - room, high + room];
}

/** @param {Run[]} runs @param {number} width @param {number} height @param {Tones} tones */
function chartOf(runs, width, height, { text, muted, line, font, paper }) {
  const [{ epoch, likelihood }] = runs;
  const axis = { gridcolor: line, zeroline: false, linecolor: line, mirror: "all", fixedrange: true };
  const changes = runs.flatMap((run) => run.changes);
  const steps = Math.max(1, ...runs.map((run) => run.steps));
  const size = smallType();
  const unit = likelihood.unit_per_image; // KL is in nats for every likelihood
  return {
    width,
    height,
    margin: { l: 6 + 2.6 * size, r: 8, t: changes.length ? TOP_MARGIN * size : 6, b: 16 + 2 * size, autoexpand: false },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, color: text, size },
    xaxis: {
      ...axis,
      anchor: "y2",
      title: { text: epoch ? `step (${counted(epoch)} an epoch)` : "step", standoff: 4 },
      range: [0, steps],
      nticks: 6,
    },
    yaxis: {
      ...axis,
      domain: [0.42, 1],
      range: rangeOf(runs, (p) => [p.reconstruction, p.reconstruction + p.kl]),
      nticks: 5,
    },
    yaxis2: { ...axis, domain: [0, 0.34], range: rangeOf(runs, ({ kl }) => [kl]), nticks: 4 },
    shapes: changes.map(({ step }) => ({
      ...{ type: "line", x0: step, x1: step, yref: "paper", y0: 0, y1: 1 },
      line: { color: muted, width: 1.5, dash: "dot" },
    })),
    annotations: [
      unitName(unit, 1, muted),
      unitName("nats", 0.34, muted),
      ...changeNames(runs, steps, muted),
    ],
    hovermode: "closest",
    hoverlabel: { bgcolor: paper, font: { color: text } },
    dragmode: false,
  };
}

/** Where a falling curve leaves room: along an axis that is 80 px high no unit has any.
 * @param {string} text @param {number} y the top of its panel @param {string} color */
function unitName(text, y, color) {
  return { ...{ xref: "paper", x: 1, xanchor: "right", yref: "paper", y, yanchor: "top" }, text, showarrow: false, font: { color } };
}

/** The names of the changes; those that would lie on each other have one name. @param {Run[]} runs
 * @param {number} steps on the axis @param {string} color */
function changeNames(runs, steps, color) {
  const changes = runs.flatMap((run) => run.changes).sort((a, b) => a.step - b.step);
  /** @type {{step: number, weights: string[]}[]} */
  const names = [];
  for (const { step, weight } of changes) {
    const last = names.at(-1);
    if (last && step - last.step < NAME_SHARE * steps) last.weights.push(short(weight));
    else names.push({ step, weights: [short(weight)] });
  }
  return names.map(({ step, weights }) => changeName(step, weights, step / steps, color));
}

/** @param {number} step @param {string[]} weights @param {number} share of the axis at its left @param {string} color */
function changeName(step, weights, share, color) {
  const xanchor = share < NAME_SHARE / 2 ? "left" : share > 1 - NAME_SHARE ? "right" : "center";
  const place = { x: step, xref: "x", xanchor, yref: "paper", y: 1, yanchor: "bottom" };
  const text = `β ${weights.slice(-MOST_NAMED).join(", ")}`;
  return { ...place, text, showarrow: false, borderpad: 0, font: { color } };
}
