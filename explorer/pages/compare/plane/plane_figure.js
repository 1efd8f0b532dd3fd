// The rate-distortion plane as a Plotly figure: Alemi et al., 2018, Fixing a Broken ELBO, https://arxiv.org/abs/1711.00464

import { smallType } from "../../../browser/ui/type.js";
import { escaped, inWords, planeNames } from "./plane_names.js";
import { isOutside, PLANE_MARGIN, shownAt, sideOf, unitSpot } from "./plane_spots.js";

/** @typedef {import("./plane_spots.js").Spot} Spot */
/** @typedef {import("./plane_spots.js").Scatter} Scatter */
/** @typedef {import("./plane_spots.js").Size} Size */
/** @typedef {import("./plane_spots.js").PlaneInk} PlaneInk */

/** @param {Scatter} scatter @param {Size} size @param {PlaneInk} ink */
export function planeFigure(scatter, size, ink) {
  const curve = scatter.spots.filter(({ curve }) => curve);
  const others = scatter.spots.filter(({ curve }) => !curve);
  const data = [
    ...slopeTraces(scatter, ink),
    seedTrace(scatter.seeds, ink),
    spotTrace(curve, "models", { mode: "lines+markers", symbol: "circle", ink }),
    spotTrace(others, "others", { mode: "markers", symbol: "diamond", ink }),
    edgeTrace(scatter, ink),
  ];
  return { data, layout: { ...layoutOf(scatter, size, ink), annotations: planeNames(scatter, size, ink) } };
}

/** The line of points whose rate and distortion have the same sum as the model with beta 1. @param {Scatter} scatter
 * @param {PlaneInk} ink */
function slopeTraces({ spots, frame: { x } }, { muted }) {
  const unit = unitSpot(spots);
  if (!unit) return [];
  const sum = unit.rate + unit.distortion;
  const line = { color: muted, width: 1.5, dash: "dash" };
  return [
    {
      ...{ type: "scatter", name: "slope", mode: "lines", x, y: x.map((rate) => sum - rate) },
      hoverinfo: "skip",
      line,
    },
  ];
}

/** @param {{rate: number, distortion: number}[]} seeds @param {PlaneInk} ink */
function seedTrace(seeds, { text }) {
  return {
    ...{ type: "scatter", name: "seeds", mode: "markers", hoverinfo: "skip", opacity: 0.55 },
    ...{ x: seeds.map(({ rate }) => rate), y: seeds.map(({ distortion }) => distortion) },
    marker: { symbol: "cross-thin", size: 6, line: { color: text, width: 1 } },
  };
}

/** @param {Spot[]} spots @param {string} name @param {{mode: string, symbol: string, ink: PlaneInk}} look */
function spotTrace(spots, name, { mode, symbol, ink: { text, muted, paper } }) {
  return {
    ...{
      type: "scatter",
      name,
      mode,
      customdata: spots.map((spot) => spot.name),
      text: spots.map(({ label }) => escaped(label)),
    },
    ...{ x: spots.map(({ rate }) => rate), y: spots.map(({ distortion }) => distortion) },
    meta: spots[0]?.unit,
    hovertemplate: "%{text}<br>rate %{x:.1f} nats, distortion %{y:.1f} %{meta}<extra></extra>",
    line: { color: muted, width: 1.5 },
    marker: { symbol, size: 10, color: text, line: { color: paper, width: 1 } },
  };
}

/** Models outside the frame, at the nearest point of its edge. @param {Scatter} scatter @param {PlaneInk} ink */
function edgeTrace({ spots, frame }, { text }) {
  const outside = spots.filter((spot) => isOutside(spot, frame));
  const places = outside.map((spot) => shownAt(spot, frame));
  return {
    ...{
      type: "scatter",
      name: "outside",
      mode: "markers",
      cliponaxis: false,
      customdata: outside.map(({ name }) => name),
    },
    ...{ x: places.map(({ rate }) => rate), y: places.map(({ distortion }) => distortion) },
    ...{ text: outside.map((spot) => escaped(inWords(spot))), hovertemplate: "%{text}<extra></extra>" },
    marker: { size: 12, color: text, symbol: outside.map((spot) => `triangle-${sideOf(spot, frame)}`) },
  };
}

/** @param {Scatter} scatter @param {Size} size @param {PlaneInk} ink */
function layoutOf({ frame, unit }, size, ink) {
  const { text, line, font, paper, reconstruction, kl } = ink;
  const axis = { gridcolor: line, zeroline: false, linecolor: line, mirror: "all", fixedrange: true, nticks: 8 };
  const title = (/** @type {string} */ words, /** @type {string} */ tone) => ({
    text: `<span style="color:${tone}">■</span> ${words}`,
    standoff: 6,
  });
  return {
    ...size,
    margin: { ...PLANE_MARGIN, autoexpand: false },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, color: text, size: smallType() },
    showlegend: false,
    xaxis: { ...axis, title: title("rate: KL, nats per image", kl), range: frame.x },
    yaxis: { ...axis, title: title(`distortion: reconstruction, ${unit}`, reconstruction), range: frame.y },
    hovermode: "closest",
    hoverlabel: { bgcolor: paper, font: { color: text } },
    dragmode: false,
  };
}
