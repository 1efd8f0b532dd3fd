// A sparkline of a measure over beta in a table cell: dots and line, the range over seeds, and the marks of A and B.

import { svg } from "../../../browser/ui/dom.js";

/** A dot of a sparkline: its value, and the range over seeds if there is one.
 * @typedef {{value: number, range: [number, number] | null, letters: string}} Dot letters: "", "A", "B" or "AB" */
/** @typedef {{text: string, value: number}} Aside a chosen model that is not one of the dots */

const SPARK_WIDTH = 150; // px
const SPARK_HEIGHT = 52;
const LETTERS_HEIGHT = 20; // px above the curve
const EDGE = 7; // px from the first dot to the left side and below the lowest
const ASIDE_WIDTH = 18; // px at the right, for models that are not dots

/** @param {(Dot | null)[]} dots equally spaced; null leaves a gap @param {Aside[]} asides
 * @param {{label: string, tone: string, log: boolean}} look */
export function sparkline(dots, asides, { label, tone, log }) {
  const known = dots.flatMap((dot) => (dot ? [dot.value, ...(dot.range ?? [])] : []));
  const y = heightOf([...known, ...asides.map(({ value }) => value)], log);
  const x = (/** @type {number} */ i) =>
    EDGE + (i * (SPARK_WIDTH - 2 * EDGE - ASIDE_WIDTH)) / Math.max(1, dots.length - 1);
  const drawing = svg("svg", {
    ...{ width: SPARK_WIDTH, height: SPARK_HEIGHT, viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, role: "img" },
    ...{ class: `lse-spark ${tone && `lse-spark-${tone}`}`, "aria-label": label },
  });
  const places = dots.flatMap((dot, i) => (dot ? [{ ...dot, x: x(i), y: y(dot.value) }] : []));
  drawing.append(bandOf(places, y), svg("path", { d: pathOf(places), class: "lse-spark-line" }));
  for (const place of places) drawing.append(...dotOf(place));
  for (const { text, value } of asides) drawing.append(...asideOf(text, y(value)));
  if (log) drawing.append(textOf("log", "lse-spark-scale", SPARK_WIDTH, LETTERS_HEIGHT - 6, "end"));
  return drawing;
}

/** The function from a value to its height in the drawing. @param {number[]} values that must fit
 * @param {boolean} log */
function heightOf(values, log) {
  // 0 has no logarithm; it is drawn on the lower edge.
  const least = Math.min(...values.filter((value) => value > 0));
  const scaled = (/** @type {number} */ value) => (log ? Math.log(Math.max(value, least)) : value);
  const [low, high] = [Math.min(...values.map(scaled)), Math.max(...values.map(scaled))];
  const room = SPARK_HEIGHT - LETTERS_HEIGHT - EDGE;
  return (/** @type {number} */ value) => {
    const part = high > low ? (scaled(value) - low) / (high - low) : 0.5;
    return LETTERS_HEIGHT + room * (1 - part);
  };
}

/** @param {{x: number, y: number}[]} places */
function pathOf(places) {
  return places.map(({ x, y }, i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** @param {(Dot & {x: number})[]} places @param {(value: number) => number} y */
function bandOf(places, y) {
  const ranges = places.map(({ x, value, range }) => ({
    x,
    low: y(range?.[0] ?? value),
    high: y(range?.[1] ?? value),
  }));
  const outline = [
    ...ranges.map(({ x, high }) => ({ x, y: high })),
    ...ranges.reverse().map(({ x, low }) => ({ x, y: low })),
  ];
  return svg("path", { d: `${pathOf(outline)}Z`, class: "lse-spark-band" });
}

/** @param {Dot & {x: number, y: number}} place */
function dotOf({ letters, x, y }) {
  const dot = svg("circle", { cx: x, cy: y, r: letters ? 3.5 : 2, class: "lse-spark-dot" });
  if (!letters) return [dot];
  const line = svg("path", { d: `M${x} ${LETTERS_HEIGHT - 4}V${y}`, class: "lse-spark-mark" });
  return [line, dot, textOf(letters, "lse-spark-letter", x, LETTERS_HEIGHT - 6, "middle")];
}

/** @param {string} text @param {number} y */
function asideOf(text, y) {
  const end = SPARK_WIDTH - ASIDE_WIDTH + 2;
  const line = svg("path", { d: `M${EDGE} ${y}H${end}`, class: "lse-spark-mark" });
  return [line, textOf(text, "lse-spark-letter", end + 1, y + 5, "start")];
}

/** @param {string} text @param {string} name of its class @param {number} x @param {number} y @param {string} anchor */
function textOf(text, name, x, y, anchor) {
  const node = svg("text", { x, y, "text-anchor": anchor, class: name });
  node.textContent = text;
  return node;
}
