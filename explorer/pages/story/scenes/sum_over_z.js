// Scene 7: p(x) as a sum over z, exact where z has few values, and what it costs where z has more numbers.

import { costsIn } from "../joint.js";
import { button, EXACT, REFERENCE } from "../kit.js";
import { Plot } from "../plot.js";
import { decodedPoints } from "../points.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { newPicture } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../joint.js").Table} Table */

const COUNTS = [10, 100, 987]; // values of z
const IMAGE = 1;
const DIMENSIONS = [2, 3, 10, 50];
const ASKED = 10; // dimensions
const TIMED = 100; // decodings
const SLIDER = { least: 1, most: 1e16, stops: 160 }; // seconds
const SHOWN_SHARE = 0.003; // of the posterior, of a point that is drawn
/** @type {[string, number][]} in seconds */
const UNITS = [["years", 365.25 * 86_400], ["days", 86_400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 7,
  name: "The sum nobody computes",
  claim: "p(x) sums over every z. With two numbers that is done in a moment; with fifty nobody can.",
  question: `With ${DIMENSIONS[0]} numbers the sum takes what stands beside. How long with ${ASKED}?`,
  formula: [
    { symbols: "p(x) = ∫ p_φ(x|z) p(z) dz", means: "evidence", of: "evidence" },
    { symbols: "≈" },
    { symbols: "Σ_k", means: "values of z", of: "points" },
    { symbols: "p_φ(x|z_k) / K", means: "each equally likely", of: "points" },
    { symbols: "," },
    { symbols: "p(z|x) = p_φ(x|z) p(z) / p(x)", means: "Bayes: the posterior", of: "posterior" },
  ],
  async mount(picture, answer, kit) {
    const [{ decoder }, digit] = await Promise.all([kit.load(EXACT), kit.digit(IMAGE)]);
    const tables = await Promise.all(COUNTS.map((count) => decodedPoints(decoder, count)));
    if (kit.signal.aborted) return;
    const seconds = secondsOf(decoder) * COUNTS[COUNTS.length - 1];
    const [sums, costs] = [element("table", "lse-rungs"), element("table", "lse-rungs")];
    let shown = COUNTS.length - 1;
    const plot = new Plot(picture, kit, {
      over: (view, side) => posteriorMarks(tables[shown], digit.x, view, side),
      ellipses: false,
      caption: "Points: values of z, spread like the prior. Discs: p(z|x) of each, their area.",
    });
    plot.scene.stage.dataset.of = "points";
    const show = (/** @type {number} */ at) => {
      shown = at;
      const { points } = tables[at];
      plot.show({ mean: points, stddev: points, label: new Uint8Array(points.length / 2), labelPositions: [] });
      [...sums.querySelectorAll("button")].forEach((each, i) => each.setAttribute("aria-pressed", String(i === at)));
    };
    sums.replaceChildren(...sumRows(tables, digit.x, show));
    const original = element("figure", "lse-original", newPicture(digit.x, 1), element("figcaption", "", `x: ${digit.title}`));
    costs.replaceChildren(...costRows(seconds, false));
    picture.append(element("div", "lse-beside", original, sums, costs));
    show(shown);
    const slider = secondsSlider();
    const done = button("That is my guess", () => {
      done.disabled = true;
      costs.replaceChildren(...costRows(seconds, true));
      kit.reveal(revealOf(slider.seconds(), timeOf(seconds, ASKED), kit));
    }, "lse-main");
    answer.append(slider.root, done);
  },
};

/** How long one decoding takes here. @param {import("../../../browser/net/decoder.js").Decoder} decoder */
function secondsOf(decoder) {
  const z = new Float32Array(2);
  const start = performance.now();
  for (let i = 0; i < TIMED; i++) decoder.logits(z);
  return (performance.now() - start) / 1000 / TIMED;
}

/** As many points along each axis in more dimensions. @param {number} seconds with two @param {number} dimensions */
function timeOf(seconds, dimensions) {
  const along = Math.sqrt(COUNTS[COUNTS.length - 1]);
  return seconds * along ** (dimensions - 2);
}

/** log p(x) as a mean over the points, in nats. @param {Float64Array} costs -log p(x|z) at each */
function logMean(costs) {
  const least = costs.reduce((a, b) => Math.min(a, b), Infinity);
  return -least + Math.log(costs.reduce((sum, nats) => sum + Math.exp(least - nats), 0) / costs.length);
}

/** @param {Table[]} tables @param {Float32Array} x @param {(at: number) => void} show */
function sumRows(tables, x, show) {
  const rows = tables.map((table, i) => {
    const choose = button(`K = ${COUNTS[i]}`, () => show(i));
    const nats = logMean(costsIn(table, x)).toFixed(1).replace("-", "−");
    return element("tr", "", element("td", "", choose), element("td", "", `log p(x) ≈ ${nats} nats`));
  });
  const body = element("tbody", "", ...rows);
  body.dataset.of = "evidence";
  return [element("caption", "", "sums over K values of z, exact decoder"), body];
}

/** @param {number} seconds @param {boolean} known */
function costRows(seconds, known) {
  const along = Math.sqrt(COUNTS[COUNTS.length - 1]).toFixed(0);
  const rows = DIMENSIONS.map((dimensions) => {
    const told = known || dimensions < ASKED;
    return element("tr", "", element("td", "", `${dimensions} numbers`), element("td", "", told ? inTime(timeOf(seconds, dimensions)) : "?"));
  });
  return [element("caption", "", `time of one sum here, ${along} values along each axis; beyond 2 extrapolated`), element("tbody", "", ...rows)];
}

/** @param {number} seconds */
function inTime(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[UNITS.length - 1];
  const value = seconds / length;
  if (value >= 1e6) {
    const power = Math.floor(Math.log10(value));
    return element("span", "", `${(value / 10 ** power).toFixed(0)} · 10`, element("sup", "", String(power)), ` ${unit}`);
  }
  const short = value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
  return element("span", "", `${short} ${unit}`);
}

function secondsSlider() {
  const { least, most, stops } = SLIDER;
  const input = /** @type {HTMLInputElement} */ (element("input", ""));
  const words = element("output", "");
  Object.assign(input, { type: "range", min: "0", max: String(stops), step: "1", value: "20" });
  const seconds = () => least * (most / least) ** (Number(input.value) / stops);
  const show = () => {
    words.replaceChildren(inTime(seconds()));
    input.setAttribute("aria-valuetext", words.textContent ?? "");
  };
  input.addEventListener("input", show);
  show();
  return { root: element("label", "lse-radius", `with ${ASKED} numbers it takes`, input, words), seconds };
}

/** @param {number} guess @param {number} truth in seconds @param {Kit} kit @returns {import("../kit.js").Reveal} */
function revealOf(guess, truth, kit) {
  const powers = Math.abs(Math.log10(guess / truth));
  const { subset_log_evidence: exact, importance_bound: bound } = kit.data.evidence[REFERENCE] ?? {};
  const sampled = Number.isFinite(exact - bound)
    ? ` Draws of z from the encoder need no grid: 5,000 of them give a bound ${(exact - bound).toFixed(1)} nats below log p(x), measured over 500 images at β = 1.`
    : "";
  return {
    ...{ guess: guess.toPrecision(3), truth: truth.toPrecision(3) },
    ...{ guessed: inTime(guess).textContent ?? "", found: inTime(truth).textContent ?? "" },
    distance: `a factor of ${powers < 4 ? (10 ** powers).toFixed(powers < 1 ? 1 : 0) : `10 to the ${powers.toFixed(0)}`}`,
    lesson: `Each further number multiplies the sum by ${Math.sqrt(COUNTS[COUNTS.length - 1]).toFixed(0)}: the cost is exponential.${sampled}`,
  };
}

/** A disc at each point with a share of the posterior. @param {Table} table @param {Float32Array} x
 * @param {import("../../../browser/map/view.js").View} view @param {number} side */
function posteriorMarks(table, x, view, side) {
  const costs = costsIn(table, x);
  const total = logMean(costs) + Math.log(costs.length);
  return Array.from(costs.keys()).flatMap((i) => {
    const share = Math.exp(-costs[i] - total);
    if (share < SHOWN_SHARE) return [];
    const [cx, cy] = toPixels(view, side, table.points[2 * i], table.points[2 * i + 1]);
    return [svg("circle", { cx, cy, r: 4 + 20 * Math.sqrt(share), class: "lse-posterior-disc", "data-of": "posterior" })];
  });
}
