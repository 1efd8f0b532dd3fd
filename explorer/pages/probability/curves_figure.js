// Importance sampling as a Plotly figure: the K-sample bound against K, and the effective sample size.

import { rgbOf } from "../../browser/ui/dom.js";
import { smallType } from "../../browser/ui/type.js";

/** @typedef {import("../../browser/inference/importance.js").Curve} Curve */
/** @typedef {import("../../browser/inference/importance.js").Curves} Sampled */
/** The answer for x; curves is null before they are requested. @typedef {import("../../browser/inference/answers.js").Inference} Answer */
/** @typedef {{text: string, paper: string, muted: string, line: string, font: string}} CurvesInk */
/** @typedef {{width: number, height: number}} Area in px */
/** A line with its band; beside: the end of each point's label.
 * @typedef {{name: string, middle: number[], low: number[], high: number[], colour: string,
 *   dash: string, axis: string, unit: string, beside: string[]}} Banded */

const MIN_DEPTH = 5; // nats below log p(x) that are always shown
const KEY = { showlegend: true };
const ROOM_BELOW = 1.2; // times the gap that must be visible
const STACKED_BELOW = 720; // px
const WIDE = { bounds: { x: [0, 0.58], y: [0, 1] }, sizes: { x: [0.7, 1], y: [0, 1] } };
const STACKED = { bounds: { x: [0, 1], y: [0.5, 1] }, sizes: { x: [0, 1], y: [0, 0.34] } };

/** @param {Answer & {curves: Sampled}} answer @param {Area} area @param {CurvesInk} ink */
export function curvesFigure(answer, area, ink) {
  const { curves, log_evidence: exact, elbo } = answer;
  const { draws } = curves;
  const ends = [draws[0], draws[draws.length - 1]];
  const banded = bandedOf(answer, ink);
  const data = [
    ...banded.flatMap((each) => bandTraces(draws, each)),
    {
      ...lineTrace("log p(x), exact", ends, [exact, exact], { color: ink.text, width: 1.5, dash: "dash" }, "y"),
      ...KEY,
    },
    lineTrace("all draws count", ends, ends, { color: ink.muted, width: 1, dash: "dash" }, "y2"),
    ...(elbo ? [elboTrace(elbo.value, ink)] : []),
  ];
  return { data, layout: layoutOf(answer, area, ink) };
}

/** The proposals' lines: those of the bound, then those of the effective sample size.
 * @param {Answer & {curves: Sampled}} answer @param {CurvesInk} ink @returns {Banded[]} */
function bandedOf({ log_evidence, curves: { encoder, prior } }, { text, muted }) {
  /** @type {[string, Curve | null, string, string][]} */
  const proposals = [
    ["prior", prior, muted, "dot"],
    ["encoder’s q", encoder, text, "solid"],
  ];
  return proposals.flatMap(([name, curve, colour, dash]) => {
    if (!curve) return [];
    const { bound, low, high, effective, effective_low, effective_high } = curve;
    const look = { name, colour, dash };
    const nowhere = bound.map(() => "");
    // The size alone would look good for a proposal that misses most of the posterior.
    const distances = bound.map((nats) => `<br>bound ${distanceOf(nats, log_evidence)}`);
    return [
      { ...look, middle: bound, low, high, axis: "y", unit: "nats", beside: nowhere },
      {
        ...{ ...look, middle: effective, low: effective_low, high: effective_high, axis: "y2", unit: "draws" },
        beside: distances,
      },
    ];
  });
}

/** @param {number[]} draws @param {Banded} banded */
function bandTraces(draws, { name, middle, low, high, colour, dash, axis, unit, beside }) {
  const [from, to] = [low, high].map((edge) => lineTrace(`${name}, 10–90 %`, draws, edge, { width: 0 }, axis));
  const line = lineTrace(name, draws, middle, { color: colour, width: 2.5, dash }, axis);
  const value = `%{y:,.${unit === "nats" ? 2 : 1}f} ${unit}%{customdata}`;
  const hovertemplate = `${name}, K = %{x:,}: ${value}<extra></extra>`;
  const key = axis === "y" ? KEY : {};
  return [
    from,
    { ...to, fill: "tonexty", fillcolor: faint(colour) },
    { ...line, ...key, customdata: beside, hoverinfo: undefined, hovertemplate },
  ];
}

/** @param {string} name @param {number[]} x @param {number[]} y @param {object} line @param {string} axis */
function lineTrace(name, x, y, line, axis) {
  const kind = { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false };
  return { ...kind, name, x, y, line, xaxis: axis.replace("y", "x"), yaxis: axis };
}

/** @param {number} value @param {CurvesInk} ink */
function elboTrace(value, { text, paper }) {
  return {
    ...{ type: "scatter", mode: "markers", name: "ELBO", showlegend: false, x: [1], y: [value], cliponaxis: false },
    hovertemplate: "the ELBO of the encoder’s q: %{y:.2f} nats<extra></extra>",
    marker: { size: 11, color: text, symbol: "diamond", line: { color: paper, width: 1 } },
  };
}

/** The band's colour for a line. @param {string} colour */
function faint(colour) {
  return `rgba(${rgbOf(colour).join(",")},0.2)`;
}

/** The bound's axis, in nats: log p(x) near its top; the prior's single-draw bound may be thousands of nats below.
 * @param {Answer & {curves: Sampled}} answer @returns {[number, number]} */
export function boundRange({ log_evidence, elbo, curves: { encoder, prior } }) {
  const middle = prior.bound[prior.bound.length >> 1];
  const lowest = elbo ? Math.min(elbo.value, encoder?.bound[0] ?? elbo.value) : middle;
  const depth = Math.max(MIN_DEPTH, ROOM_BELOW * (log_evidence - lowest));
  return [log_evidence - depth, log_evidence + 0.15 * depth];
}

/** @param {Answer & {curves: Sampled}} answer @param {Area} area @param {CurvesInk} ink */
function layoutOf(answer, { width, height }, ink) {
  const { text, font, paper, line } = ink;
  const { draws } = answer.curves;
  const places = width < STACKED_BELOW ? STACKED : WIDE;
  const axis = { gridcolor: line, zeroline: false, linecolor: line, mirror: "all", fixedrange: true };
  const logAxis = { ...axis, type: "log", dtick: 1, exponentformat: "none", separatethousands: true };
  const decades = [-0.12, Math.log10(draws[draws.length - 1])];
  const named = (/** @type {string} */ words) => ({ text: words, standoff: 8 });
  const top = places === STACKED ? 56 : 34; // px, for the legend, which has two rows on a phone
  const [x, y] = [named("K, draws of the proposal"), named(`bound of log p(x), ${answer.unit}`)];
  return {
    ...{ width, height, hovermode: "closest", dragmode: false },
    margin: { l: 62, r: 30, t: top, b: 48, autoexpand: false },
    showlegend: true,
    legend: {
      orientation: "h",
      x: 0,
      y: 1,
      xanchor: "left",
      yanchor: "bottom",
      itemclick: false,
      itemdoubleclick: false,
    },
    ...{ paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" },
    font: { family: font, color: text, size: smallType() },
    xaxis: { ...logAxis, title: x, domain: places.bounds.x, range: decades, anchor: "y" },
    yaxis: { ...axis, title: y, domain: places.bounds.y, range: boundRange(answer), nticks: 7, anchor: "x" },
    xaxis2: { ...logAxis, title: x, domain: places.sizes.x, range: decades, anchor: "y2" },
    yaxis2: { ...logAxis, title: named("effective sample size"), domain: places.sizes.y, range: decades, anchor: "x2" },
    annotations: [exactName(answer, ink), ...(answer.elbo ? [elboName(answer.elbo.value, ink)] : [])],
    hoverlabel: { bgcolor: paper, font: { color: text } },
  };
}

/** @param {Answer} answer @param {CurvesInk} ink */
function exactName({ log_evidence }, { text }) {
  return nameBeside(0, log_evidence, `log p(x) = ${inNats(log_evidence)} nats`, { yanchor: "bottom", color: text });
}

/** @param {number} value @param {CurvesInk} ink */
function elboName(value, { text }) {
  return nameBeside(0, value, `ELBO ${inNats(value)} nats`, { yanchor: "top", color: text });
}

/** @param {number} x the logarithm of K @param {number} y @param {string} text
 * @param {{yanchor: string, color: string}} look */
function nameBeside(x, y, text, { yanchor, color }) {
  const place = { x, y, xref: "x", yref: "y", xanchor: "left", yanchor, xshift: 8, yshift: yanchor === "top" ? -5 : 0 };
  return { ...place, text, showarrow: false, font: { color } };
}

/** @param {number} value in nats, not the unit */
export function inNats(value) {
  return value.toFixed(2).replace("-", "−");
}

/** The distance of a bound from log p(x), in words. @param {number} bound
 * @param {number} exact log p(x), both in nats */
export function distanceOf(bound, exact) {
  return `${inNats(Math.abs(exact - bound))} nats ${bound > exact ? "above" : "below"} log p(x)`;
}
