// Scene 4: without the KL term. The visitor first draws the circle that will hold the codes.

import { button, REFERENCE } from "../kit.js";
import { CODES, Plot } from "../plot.js";
import { SHARED_VIEW, toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";

/** @typedef {import("../kit.js").Kit} Kit */

const OFF = "mnist-beta-0";
const SHARE = 0.99; // of the codes, that the circle shall hold
const RADII = { least: 1, most: 100, first: 3 }; // in units of z
const STOPS = 200; // of the slider
const MARGIN = 1.15; // of the window around the larger circle
const ROOM = 1.5; // around a circle that may be dragged on

/** What texts say of the model without the KL term, the measure that tests it, of models.measures.UNITS, and whether two
 * values of it, with the KL term and without, bear it out.
 * @type {{text: string, key: string, factor: number, decimals: number, measured: string,
 *   holds: (on: number, off: number) => boolean}[]} */
const CLAIMS = [
  {
    ...{ text: "The encoder cheats: each image gets a region of its own.", key: "mutual_information", factor: 1, decimals: 1 },
    measured: `what z tells about the image, I(x; z), nats; at most log 10,000 = ${Math.log(10_000).toFixed(1)}`,
    holds: (on, off) => off > on,
  },
  {
    ...{ text: "The KL term keeps the codes diverse.", key: "spread", factor: 1, decimals: 1 },
    measured: "spread of the codes, units of z",
    holds: (on, off) => on > off,
  },
  {
    ...{ text: "2s of two people end up far apart, among other digits.", key: "neighbour_accuracy", factor: 100, decimals: 0 },
    measured: "images whose class most of 15 neighbours have, %",
    holds: (on, off) => on > off,
  },
];

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 4,
  name: "Switch the regulariser off",
  claim: "The KL term is the regulariser. Without it the codes fly apart, away from the prior, and σ collapses.",
  question: `Drag the circle until you expect it to hold ${100 * SHARE} % of the codes once the KL term is off.`,
  formula: [
    { symbols: "ℓ = Σ_i ℓ_i", means: "a sum: no two images share a code" },
    { symbols: "," },
    { symbols: "ℓ_i", means: "loss of image i" },
    { symbols: "=" },
    { symbols: "𝔼_{q}[−log p(x_i|z)]", means: "reconstruction", tone: "reconstruction", of: "codes" },
    { symbols: "+" },
    { symbols: "β", means: "weight: 1, then 0", of: "switch" },
    { symbols: "·" },
    { symbols: "KL(q(z|x_i)‖p(z))", means: "divergence from the prior", tone: "kl", of: "prior" },
  ],
  async mount(picture, answer, kit) {
    const on = await kit.load(REFERENCE);
    if (kit.signal.aborted) return;
    /** @type {{guess: number, truth: number}} radii of the circles; 0 is not drawn */
    const circles = { guess: RADII.first, truth: 0 };
    const plot = new Plot(picture, kit, {
      dragged: (z, final) => slider.drag(z, final),
      over: (view, side) => circlesOf(circles, view, side),
      caption: CODES,
    });
    const slider = radiusSlider(plot, (radius) => (circles.guess = radius));
    const go = button("Switch the KL term off", () => void turnOff(), "lse-main");
    go.dataset.of = "switch";
    answer.append(slider.root, go);
    const claims = element("div", "lse-claims");
    picture.append(claims);
    claims.replaceChildren(...claimsBeside(kit, false));
    let shown = on;
    const turnOff = async () => {
      go.disabled = slider.input.disabled = plot.scene.handle.hidden = true;
      const off = await kit.load(OFF);
      if (kit.signal.aborted) return;
      const truth = radiusOf(off.mean, SHARE);
      circles.truth = shown === on ? truth : 0;
      shown = shown === on ? off : on;
      await plot.glideTo(shown, shown === on ? SHARED_VIEW : windowOf(Math.max(circles.guess, truth)));
      go.textContent = shown === on ? "Switch the KL term off" : "Switch it on again";
      go.disabled = false;
      claims.replaceChildren(...claimsBeside(kit, true));
      if (shown === off) kit.reveal(revealOf(circles.guess, truth, on, off));
    };
    plot.scene.stage.dataset.of = "codes";
    plot.show(on, windowOf(RADII.first));
    slider.input.dispatchEvent(new Event("input"));
  },
};

/** A slider for the radius of the circle, even in its logarithm, and the handle of the map on its edge.
 * @param {Plot} plot @param {(radius: number) => void} set */
function radiusSlider(plot, set) {
  const input = /** @type {HTMLInputElement} */ (element("input", ""));
  const words = element("output", "");
  const log = Math.log(RADII.most / RADII.least);
  Object.assign(input, { type: "range", min: "0", max: String(STOPS), step: "any" });
  input.dataset.testid = "radius";
  const stopOf = (/** @type {number} */ radius) => (STOPS * Math.log(radius / RADII.least)) / log;
  const radiusNow = () => RADII.least * Math.exp((log * Number(input.value)) / STOPS);
  let angle = Math.PI / 4;
  const show = () => {
    const radius = radiusNow();
    set(radius);
    words.textContent = `radius ${short(radius)} units of z`;
    input.setAttribute("aria-valuetext", words.textContent);
    plot.put(radius * Math.cos(angle), radius * Math.sin(angle));
    return radius;
  };
  input.value = String(stopOf(RADII.first));
  input.addEventListener("input", () => plot.look(windowOf(show())));
  return {
    ...{ input, root: element("label", "lse-radius", "radius of the circle", input, words) },
    /** Let the edge follow the handle; the window follows at the end. @param {Float32Array} z @param {boolean} final */
    drag([z1, z2], final) {
      angle = Math.atan2(z2, z1);
      input.value = String(stopOf(Math.hypot(z1, z2))); // within its bounds
      const radius = show();
      if (final) plot.lookAt(windowOf(ROOM * radius));
      else plot.mark();
    },
  };
}

/** @param {number} radius */
function windowOf(radius) {
  return { x: 0, y: 0, half: Math.max(SHARED_VIEW.half, MARGIN * radius) };
}

/** The radius of the circle around the origin that holds a share of the points. @param {Float32Array} points [N, 2]
 * @param {number} share */
function radiusOf(points, share) {
  const distances = Float64Array.from({ length: points.length / 2 }, (_, i) => Math.hypot(points[2 * i], points[2 * i + 1]));
  return distances.sort()[Math.ceil(share * distances.length) - 1];
}

/** @param {{guess: number, truth: number}} circles @param {import("../../../browser/map/view.js").View} view
 * @param {number} side */
function circlesOf({ guess, truth }, view, side) {
  const [cx, cy] = toPixels(view, side, 0, 0);
  const scale = side / (2 * view.half);
  const named = /** @type {[string, number][]} */ ([["your circle", guess], ["the codes", truth]]);
  return named.flatMap(([name, radius], i) => {
    if (!radius) return [];
    const text = svg("text", { x: cx, y: cy - scale * radius + (i ? 16 : -12), class: "lse-circle-name" });
    text.textContent = name;
    return [svg("circle", { cx, cy, r: scale * radius, class: i ? "lse-truth" : "lse-guess" }), text];
  });
}

/** @param {number} guess @param {number} truth radii @param {import("../../../browser/map/loading.js").Loaded} on
 * @param {import("../../../browser/map/loading.js").Loaded} off @returns {import("../kit.js").Reveal} */
function revealOf(guess, truth, on, off) {
  const before = radiusOf(on.mean, SHARE);
  const sigma = (/** @type {Float32Array} */ values) => Number(values.reduce((sum, value) => sum + value, 0) / values.length);
  const [from, to] = [on, off].map(({ stddev }) => sigma(stddev).toPrecision(2));
  return {
    ...{ guess: guess.toFixed(2), truth: truth.toFixed(2) },
    ...{ guessed: `radius ${short(guess)}`, found: `radius ${short(truth)}` },
    distance: `${short(Math.abs(guess - truth))} units of z`,
    lesson:
      `With the KL term the circle of ${100 * SHARE} % had radius ${short(before)}. Mean σ fell from ${from} to ${plain(to)}: ` +
      "a code without width reconstructs best. In units of z two 2s are now far apart; as neighbours the classes are as before.",
  };
}

/** @param {string} text a number that may be written with a power of ten */
function plain(text) {
  return Number(text) < 1e-3 ? Number(text).toFixed(6) : text;
}

/** @param {number} length in units of z */
function short(length) {
  return length < 10 ? length.toFixed(1) : length.toFixed(0);
}

/** What teaching texts say of the model without the KL term, beside what the seeds measure. @param {Kit} kit
 * @param {boolean} known whether the visitor has answered, and may see the figures without the KL term */
function claimsBeside({ data: { seeds } }, known) {
  const [off, on] = [0, 1].map((beta) => seeds.filter((seed) => seed.beta === beta).map(({ measures }) => measures));
  if (!off.length || !on.length) return [];
  const rows = CLAIMS.map(({ text, measured, key, factor, decimals, holds }) => {
    const [ons, offs] = [on, off].map((all) => all.map((measures) => factor * measures[key]));
    const isSo = ons.every((value) => offs.every((other) => holds(value, other)));
    const verdict = known ? ` ${isSo ? "So it is." : "It is not so."}` : "";
    const words = element("small", "", element("b", "", text + verdict), ` Measured: ${measured}`);
    return [words, rangeOf(ons, decimals), known ? rangeOf(offs, decimals) : "?"];
  });
  const head = [`what texts say, and ${off.length} trained models of each β have`, "β = 1", "β = 0"].map((name) => element("th", "", name));
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", "", cell))));
  return [element("table", "", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...body))];
}

/** @param {number[]} values @param {number} decimals */
function rangeOf(values, decimals) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(decimals));
  return low === high ? low : `${low} to ${high}`;
}
