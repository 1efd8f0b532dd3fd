// Plotly draws axes, prior contours, pan, zoom and legend; the points are painted on a canvas beneath it.

import { fetchInflated } from "./tensors.js";

/** @typedef {{text: string, paper: string, muted: string, line: string, font: string}} Ink CSS colours and font of the theme */

const NARROW = 620;
const CONFIG = { displayModeBar: false, scrollZoom: true, doubleClick: false, responsive: false };

/** @type {Promise<any> | undefined} one script for all instances on the page */
let plotlyScript;

/** @param {string} url of the gzipped plotly.min.js */
function loadPlotly(url) {
  plotlyScript ??= runScript(url);
  plotlyScript.catch(() => (plotlyScript = undefined)); // another map may try again
  return plotlyScript;
}

/** @param {string} url of a gzipped script that sets window.Plotly */
async function runScript(url) {
  const source = await (await fetchInflated(url)).arrayBuffer();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  URL.revokeObjectURL(script.src);
  return /** @type {any} */ (window).Plotly;
}

/** The room around the square plot, in pixels; the legend takes two rows on a phone. @param {number} width */
export function marginsOf(width) {
  return width < NARROW ? { l: 34, r: 8, t: 50, b: 38 } : { l: 46, r: 12, t: 34, b: 42 };
}

export class Axes {
  /** @param {HTMLElement} element
   * @param {{onView: (view: import("./view.js").View, final: boolean) => void,
   *   onVisible: (visible: boolean[]) => void, onReset: () => void}} events */
  constructor(element, events) {
    this.element = /** @type {any} */ (element);
    this.events = events;
  }

  /** Fetch Plotly and draw; until then the map works without axes. @param {string} url @param {() => void} draw */
  async load(url, draw) {
    const plotly = await loadPlotly(url);
    if (!this.element.isConnected) return;
    this.plotly = plotly;
    draw();
    const current = () => {
      const [x, y] = [this.element.layout.xaxis.range, this.element.layout.yaxis.range];
      return { x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2, half: (x[1] - x[0]) / 2 };
    };
    this.element.on("plotly_relayouting", () => this.events.onView(current(), false));
    this.element.on("plotly_relayout", (/** @type {object} */ changes) => {
      // A double click ends in a change of nothing, which is not to undo its reset.
      if (Object.keys(changes).length) this.events.onView(current(), true);
    });
    this.element.on("plotly_doubleclick", () => this.events.onReset());
    this.element.on("plotly_restyle", () => {
      this.events.onVisible(this.element.data.map((/** @type {any} */ trace) => trace.visible === true));
    });
  }

  /** @param {import("./view.js").View} view @param {number} width of the element, in pixels
   * @param {{name: string, colour: string, visible: boolean}[]} classes @param {Ink} ink */
  draw(view, width, classes, ink) {
    if (!this.plotly) return;
    this.plotly.react(this.element, classes.map(legendEntry), layoutOf(view, width, ink), CONFIG);
    this.element.style.opacity = "1";
  }

  /** While points and view move together the ticks would be wrong; they return with the next draw. */
  fade() {
    this.element.style.opacity = "0.15";
  }

  destroy() {
    this.plotly?.purge(this.element);
  }
}

/** @param {{name: string, colour: string, visible: boolean}} entry a trace without points: only its legend shows */
function legendEntry({ name, colour, visible }) {
  return {
    type: "scatter",
    mode: "markers",
    x: [null],
    y: [null],
    name,
    visible: visible || "legendonly",
    marker: { color: colour, size: 11 },
  };
}

/** @param {import("./view.js").View} view @param {number} width @param {Ink} ink */
function layoutOf(view, width, ink) {
  const margin = marginsOf(width);
  const axis = (/** @type {string} */ title, /** @type {number} */ centre) => ({
    title: { text: title, standoff: 4 },
    range: [centre - view.half, centre + view.half],
    gridcolor: ink.line,
    zerolinecolor: ink.line,
    linecolor: ink.line,
    mirror: true,
    nticks: 9,
  });
  const contour = (/** @type {number} */ sigma) => ({
    type: "circle",
    x0: -sigma,
    x1: sigma,
    y0: -sigma,
    y1: sigma,
    line: { color: ink.muted, width: 1.5, dash: "dot" },
  });
  const contourName = (/** @type {number} */ sigma) => ({
    x: sigma * Math.SQRT1_2,
    y: -sigma * Math.SQRT1_2,
    text: `prior ${sigma} σ`,
    showarrow: false,
    bgcolor: ink.paper,
    borderpad: 1,
    font: { color: ink.muted, size: 11 },
  });
  return {
    width,
    height: width - margin.l - margin.r + margin.t + margin.b,
    margin: { ...margin, autoexpand: false },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: ink.font, color: ink.text, size: 13 },
    xaxis: axis("z<sub>1</sub>", view.x),
    yaxis: { ...axis("z<sub>2</sub>", view.y), scaleanchor: "x" },
    shapes: [contour(1), contour(2)],
    annotations: [contourName(1), contourName(2)],
    hovermode: false,
    // On a touch screen one finger scrolls the page; zooming goes by buttons, about the handle.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan",
    legend: {
      orientation: "h",
      x: 0.5,
      xanchor: "center",
      y: 1,
      yanchor: "bottom",
      entrywidth: width < NARROW ? 4 : 16, // room for ten digits in a row, or for two rows on a phone
      tracegroupgap: 0,
      itemwidth: 30,
      entrywidthmode: "pixels",
      bgcolor: "rgba(0,0,0,0)",
    },
  };
}
