// Plotly draws the axes and handles pan and zoom. The points are on a canvas below it.

import { legendGrid, legendRow } from "./legend.js";
import { loadPlotly } from "../ui/plotly.js";
import { isPresented } from "../ui/presenter.js";
import { smallType } from "../ui/type.js";

/** @typedef {{text: string, paper: string, muted: string, line: string, font: string}} Ink CSS colours and font of the theme */

const NARROW = 620;
const LEGEND_GAP = 6; // px, between the legend and the plot
const BARE = { l: 8, r: 8, b: 8 }; // px, of a map whose scale is told by the scale bar and the prior's rings alone
const NOTHING = { type: "scatter", x: [null], y: [null] }; // a plot without a trace has no axes
/** Above its ticks: beside them it would lie on long ones. */
const NAME_OF_Y = { text: "z₂", xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "right", yanchor: "bottom", yshift: 8, showarrow: false };
const CONFIG = { displayModeBar: false, scrollZoom: true, doubleClick: false, responsive: false };

/** @param {number} width in pixels */
function sidesOf(width) {
  if (isPresented()) return BARE;
  const size = smallType();
  return width < NARROW ? { l: 8 + 2.6 * size, r: 8, b: 12 + 2 * size } : { l: 16 + 2.6 * size, r: 12, b: 14 + 2 * size };
}

/** The margins around the square plot, in pixels. @param {number} width @param {string[]} names of the classes */
export function marginsOf(width, names) {
  const sides = sidesOf(width);
  if (sides === BARE) return { ...BARE, t: BARE.b };
  return { ...sides, t: LEGEND_GAP + legendRow() * legendGrid(width - sides.l - sides.r, names).rows };
}

export class Axes {
  /** @param {HTMLElement} element
   * @param {{onView: (view: import("./view.js").View, final: boolean) => void, onReset: () => void}} events */
  constructor(element, events) {
    this.element = /** @type {any} */ (element);
    this.events = events;
    this.drawn = "";
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
  }

  /** Plotly's own pan or zoom. @param {boolean} final */
  moved(final) {
    this.drawn = "";
    const [x, y] = [this.element.layout.xaxis.range, this.element.layout.yaxis.range];
    this.events.onView({ x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2, half: (x[1] - x[0]) / 2 }, final);
  }

  /** @param {import("./view.js").View} view @param {number} width of the element, in pixels
   * @param {string[]} names of the classes @param {Ink} ink */
  draw(view, width, names, ink) {
    if (!this.plotly) return;
    const wanted = JSON.stringify([view, width, names, ink]);
    if (wanted !== this.drawn) this.plotly.react(this.element, [NOTHING], layoutOf(view, width, names, ink), CONFIG);
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

/** @param {import("./view.js").View} view @param {number} width @param {string[]} names of the classes @param {Ink} ink */
function layoutOf(view, width, names, ink) {
  const margin = marginsOf(width, names);
  const axis = (/** @type {string} */ title, /** @type {number} */ centre) => ({
    title: { text: isPresented() ? "" : title, standoff: 4 },
    showticklabels: !isPresented(),
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
    font: { family: ink.font, color: ink.text, size: smallType() },
    xaxis: axis("z₁", view.x),
    yaxis: { ...axis("", view.y), scaleanchor: "x" },
    annotations: isPresented() ? [] : [NAME_OF_Y],
    hovermode: false,
    // On a touch screen one finger scrolls the page; buttons zoom about the handle.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "pan",
    showlegend: false,
  };
}
