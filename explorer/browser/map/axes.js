// Plotly draws the axes and the legend, and handles pan and zoom. The points are on a canvas
// below it.

import { Legend } from "./legend.js";
import { loadPlotly } from "../ui/plotly.js";

/** @typedef {{text: string, paper: string, muted: string, line: string, font: string}} Ink CSS colours and font of the theme */

const NARROW = 620;
const CONFIG = { displayModeBar: false, scrollZoom: true, doubleClick: false, responsive: false };

/** Digits are in one row if there is room; other names are in rows of five, or as many as fit.
 * @param {number} width in pixels @param {string[]} names of the classes */
function legendOf(width, names) {
  const longest = Math.max(...names.map(({ length }) => length));
  const { l, r } = sidesOf(width);
  const room = width - l - r;
  const fit = Math.floor(room / (LETTER_WIDTH * longest + SYMBOL_WIDTH));
  const columns = longest === 1 && fit >= names.length ? names.length : Math.max(1, Math.min(5, fit));
  const entrywidth = Math.min(MAX_ENTRY_WIDTH, Math.floor(room / columns) - SYMBOL_WIDTH);
  return { rows: Math.ceil(names.length / columns), entrywidth };
}

const LETTER_WIDTH = 6.5; // px, approximately
const SYMBOL_WIDTH = 46; // px, with the gaps around it
const MAX_ENTRY_WIDTH = 90; // px

/** @param {number} width in pixels */
function sidesOf(width) {
  return width < NARROW ? { l: 40, r: 8, b: 38 } : { l: 52, r: 12, b: 42 };
}

/** The margins around the square plot, in pixels. @param {number} width @param {string[]} names of the classes */
export function marginsOf(width, names) {
  return { ...sidesOf(width), t: 14 + 20 * legendOf(width, names).rows };
}

export class Axes {
  /** @param {HTMLElement} element
   * @param {{onView: (view: import("./view.js").View, final: boolean) => void,
   *   onVisible: (visible: boolean[]) => void, onReset: () => void}} events */
  constructor(element, events) {
    this.element = /** @type {any} */ (element);
    this.events = events;
    this.drawn = "";
    this.legend = new Legend(element, (index) => this.toggle(index));
  }

  /** Fetch Plotly and draw; until then the map works without axes. @param {string} url @param {() => void} draw */
  async load(url, draw) {
    const plotly = await loadPlotly(url);
    if (!this.element.isConnected) return;
    this.plotly = plotly;
    draw();
    this.element.on("plotly_relayouting", () => this.moved(false));
    this.element.on("plotly_relayout", (/** @type {object} */ changes) => {
      // A double click ends with an empty change, which must not undo the reset.
      if (Object.keys(changes).length) this.moved(true);
    });
    this.element.on("plotly_doubleclick", () => this.events.onReset());
    this.element.on("plotly_restyle", () => {
      this.drawn = "";
      this.events.onVisible(this.visible);
    });
    this.element.on("plotly_afterplot", () => this.nameLegend());
    this.nameLegend();
  }

  /** Which classes are visible. @returns {boolean[]} */
  get visible() {
    return this.element.data.map((/** @type {any} */ trace) => trace.visible === true);
  }

  nameLegend() {
    const { visible } = this;
    this.legend.name(visible.map((shows, i) => ({ name: this.element.data[i].name, visible: shows })));
  }

  /** @param {number} index of a class */
  toggle(index) {
    const { visible } = this;
    void this.plotly?.restyle(this.element, { visible: visible[index] ? "legendonly" : true }, [index]);
  }

  /** Plotly's own pan or zoom. @param {boolean} final */
  moved(final) {
    this.drawn = "";
    const [x, y] = [this.element.layout.xaxis.range, this.element.layout.yaxis.range];
    this.events.onView({ x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2, half: (x[1] - x[0]) / 2 }, final);
  }

  /** @param {import("./view.js").View} view @param {number} width of the element, in pixels
   * @param {{name: string, colour: string, visible: boolean}[]} classes @param {Ink} ink */
  draw(view, width, classes, ink) {
    if (!this.plotly) return;
    const wanted = JSON.stringify([view, width, classes, ink]);
    if (wanted !== this.drawn) {
      this.plotly.react(this.element, classes.map(legendEntry), layoutOf(view, width, classes, ink), CONFIG);
    }
    this.drawn = wanted;
    this.element.style.opacity = "1";
  }

  /** While points and view move, the ticks would be wrong; the next draw shows them again. */
  fade() {
    this.element.style.opacity = "0.15";
  }

  destroy() {
    this.plotly?.purge(this.element);
  }
}

/** @param {{name: string, colour: string, visible: boolean}} entry a trace without points, for its legend entry */
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

/** @param {import("./view.js").View} view @param {number} width @param {{name: string}[]} classes @param {Ink} ink */
function layoutOf(view, width, classes, ink) {
  const names = classes.map(({ name }) => name);
  const margin = marginsOf(width, names);
  const { entrywidth } = legendOf(width, names);
  const axis = (/** @type {string} */ title, /** @type {number} */ centre) => ({
    title: { text: title, standoff: 4 },
    range: [centre - view.half, centre + view.half],
    gridcolor: ink.line,
    zerolinecolor: ink.line,
    linecolor: ink.line,
    mirror: true,
    nticks: 9,
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
    hovermode: false,
    // On a touch screen one finger scrolls the page; buttons zoom about the handle.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan",
    legend: {
      orientation: "h",
      x: 0.5,
      xanchor: "center",
      y: 1,
      yanchor: "bottom",
      entrywidth,
      tracegroupgap: 0,
      itemwidth: 30,
      entrywidthmode: "pixels",
      bgcolor: "rgba(0,0,0,0)",
    },
  };
}
