// A graph over x that fills its box: a path in units of x, scaled by the browser, with tick labels.

import { element } from "../../../browser/ui/dom.js";

export const X_REACH = 7; // the axis goes from -7 to 7
const X_TICKS = [-6, -4, -2, 0, 2, 4, 6];
const POINTS = 700;
const MIN_NUMBERED = 0.15; // share of the height
const NICE_HEIGHTS = [1, 1.5, 2, 3, 5, 7, 10];

/** The position of x on the axis, in per cent. @param {number} x */
export function percentOfX(x) {
  return (50 * (x + X_REACH)) / X_REACH;
}

/** The next round number, so that the scale is stable during small movements. @param {number} value above 0 */
export function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (NICE_HEIGHTS.find((height) => height * power >= value) ?? 10);
}

/** A function at the points of the axis. @param {(x: number) => number} f */
export function sampled(f) {
  return Array.from({ length: POINTS + 1 }, (_, i) => f(X_REACH * ((2 * i) / POINTS - 1)));
}

/** The area between the values and 0. @param {number[]} values at the points of the axis */
export function areaOf(values) {
  const places = values.map((y, i) => `${(X_REACH * ((2 * i) / POINTS - 1)).toFixed(2)} ${(-y).toPrecision(5)}`);
  return `M${-X_REACH} 0L${places.join("L")}L${X_REACH} 0Z`;
}

/** Fit a graph to heights from -below to above. @param {HTMLElement} graph @param {number} above @param {number} below */
export function scaleGraph(graph, above, below) {
  const scale = `${-X_REACH} ${-above} ${2 * X_REACH} ${above + below}`;
  if (graph.dataset.scale === scale) return;
  graph.dataset.scale = scale;
  graph.querySelector("svg")?.setAttribute("viewBox", scale);
  graph.querySelector(".lse-zero")?.setAttribute("d", `M${-X_REACH} 0H${X_REACH}`);
  // A tick without room for its label gets none.
  const heights = below > MIN_NUMBERED * above ? [above, 0, -below] : [above, 0];
  const places = heights.map((y) => (100 * (above - y)) / (above + below));
  graph.querySelector(".lse-heights")?.replaceChildren(...ticks(heights, places, "top"));
  graph.querySelector(".lse-ticks")?.replaceChildren(...ticks(X_TICKS, X_TICKS.map(percentOfX), "left"));
}

/** @param {number[]} values @param {number[]} places in per cent @param {"left" | "top"} side */
function ticks(values, places, side) {
  return values.map((value, i) => {
    const tick = element("span", "", String(Number(value.toPrecision(3))).replace("-", "−"));
    tick.style[side] = `${places[i]}%`;
    return tick;
  });
}
