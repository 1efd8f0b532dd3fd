// Scene 7: p(x) as a sum over z, exact where z has few values, and what it costs where z has more numbers.

import { jointOf } from "../engine.js";
import { button, EXACT, REFERENCE } from "../kit.js";
import { Plot } from "../plot.js";
import { fixedPoints } from "../../../browser/inference/fixed_points.js";
import { PIXELS_OF } from "../../../browser/net/likelihood.js";
import { fetchOnce } from "../../../browser/net/tensors.js";
import { Joint } from "../../../browser/inference/joint.js";
import { logSum } from "../../../browser/inference/logs.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { newPicture } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** The values of z [K, 2], with log p(x|z) at each in nats; the pictures of few of them [784]; the average of
 * log p(x) over the test images in nats, if it was measured.
 * @typedef {{points: ArrayLike<number>, logs: Float64Array, pictures: Float32Array[], average: number}} Sum */

const MANY = 987; // values of z
const IMAGE = 1;
const DIMENSIONS = [2, 3, 10, 50];
const ASKED = 10; // dimensions
const TIMED = 3; // sums
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
    const joint = await jointOf(decoder, digit.x, kit.signal);
    /** @type {Sum[]} */
    const found = [];
    for (const few of kit.data.few) found.push(await sumOfFew(few, digit.x));
    found.push(await sumOfMany(joint, kit.data.evidence[EXACT]?.log_evidence));
    const seconds = await secondsOf(joint, fixedPoints(MANY));
    if (kit.signal.aborted) return;
    const [sums, costs] = [element("table", "lse-rungs"), element("table", "lse-rungs")];
    let shown = Math.max(0, found.length - 2);
    const plot = new Plot(picture, kit, {
      over: (view, side) => posteriorMarks(found[shown], view, side),
      ellipses: false,
      caption: "Values of z, spread like the prior. Framed, or a disc: p(z|x) of that value.",
    });
    plot.scene.stage.dataset.of = "points";
    const show = (/** @type {number} */ at) => {
      shown = at;
      const few = found[at].pictures.length > 0;
      plot.scene.stage.hidden = few;
      plot.scene.stage.parentElement?.querySelector(".lse-values")?.remove();
      if (few) plot.scene.stage.before(valuesSheet(found[at]));
      const points = Float32Array.from(found[at].points);
      plot.show({ mean: points, stddev: points, label: new Uint8Array(points.length / 2), labelPositions: [] });
      [...sums.querySelectorAll("button")].forEach((each, i) => each.setAttribute("aria-pressed", String(i === at)));
    };
    sums.replaceChildren(...sumRows(found, show));
    const original = element("figure", "lse-original", newPicture(digit.x, 1), element("figcaption", "", `x: ${digit.title}`));
    costs.replaceChildren(...costRows(seconds, false));
    picture.append(element("div", "lse-beside", element("div", "lse-sum", original, sums), costs));
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

/** The sum with the decoder that was trained on it. @param {import("../../../wire.js").FewValues} few
 * @param {Float32Array} x @returns {Promise<Sum>} */
async function sumOfFew({ url, count, log_evidence }, x) {
  const { z, logits } = await fetchOnce(url, (tensors) => /** @type {Object<string, Float32Array>} */ (tensors));
  const rows = Array.from({ length: count }, (_, k) => logits.subarray(k * x.length, (k + 1) * x.length));
  const { addCosts, mean } = PIXELS_OF.bernoulli;
  const logs = Float64Array.from(rows, (row) => {
    const costs = new Float64Array(x.length);
    addCosts(costs, row, x, 0, 1);
    return -costs.reduce((sum, nats) => sum + nats, 0);
  });
  return { points: z, logs, pictures: rows.map((row) => mean(row.slice())), average: log_evidence };
}

/** The sum with the decoder that was trained for every z. @param {Joint} joint @param {number} average
 * @returns {Promise<Sum>} */
async function sumOfMany(joint, average) {
  const points = fixedPoints(MANY);
  return { points, logs: await joint.logLikelihood(points), pictures: [], average };
}

/** How long one sum takes here, at its best and without a pause: other work only adds to it. @param {Joint} joint
 * @param {Float64Array} points */
async function secondsOf({ model, x }, points) {
  const joint = new Joint(model, x, async () => {});
  let least = Infinity;
  for (let i = 0; i < TIMED; i++) {
    const start = performance.now();
    await joint.logLikelihood(points);
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

/** As many points along each axis in more dimensions. @param {number} seconds with two @param {number} dimensions */
function timeOf(seconds, dimensions) {
  const along = Math.sqrt(MANY);
  return seconds * along ** (dimensions - 2);
}

/** log p(x) as a mean over the points, in nats. @param {Sum} sum */
function logMean({ logs }) {
  return logSum(logs) - Math.log(logs.length);
}

/** @param {Sum[]} found @param {(at: number) => void} show */
function sumRows(found, show) {
  const signed = (/** @type {number} */ nats) => (Number.isFinite(nats) ? nats.toFixed(1).replace("-", "−") : "");
  const head = ["values", "this x", "average"].map((name) => element("td", "", name));
  const rows = found.map((sum, i) => {
    const choose = button(`K = ${sum.logs.length}`, () => show(i));
    return element("tr", "", element("td", "", choose), ...[logMean(sum), sum.average].map((nats) => element("td", "", signed(nats))));
  });
  const body = element("tbody", "", element("tr", "", ...head), ...rows);
  body.dataset.of = "evidence";
  return [element("caption", "", "log p(x) in nats, a decoder for each K"), body];
}

/** @param {number} seconds @param {boolean} known */
function costRows(seconds, known) {
  const along = Math.sqrt(MANY).toFixed(0);
  const rows = DIMENSIONS.map((dimensions) => {
    const told = known || dimensions < ASKED;
    return element("tr", "", element("td", "", `${dimensions} numbers`), element("td", "", told ? inTime(timeOf(seconds, dimensions)) : "?"));
  });
  return [element("caption", "", `one sum here, ${along} values an axis; from 3 on extrapolated`), element("tbody", "", ...rows)];
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
    lesson: `Each further number multiplies the sum by ${Math.sqrt(MANY).toFixed(0)}: the cost is exponential.${sampled}`,
  };
}

/** A disc at each point with a share of the posterior. @param {Sum} sum
 * @param {import("../../../browser/map/view.js").View} view @param {number} side */
function posteriorMarks({ points, logs }, view, side) {
  const total = logSum(logs);
  return Array.from(logs.keys()).flatMap((i) => {
    const share = Math.exp(logs[i] - total);
    const [cx, cy] = toPixels(view, side, points[2 * i], points[2 * i + 1]);
    if (share < SHOWN_SHARE) return [];
    return [svg("circle", { cx, cy, r: 4 + 20 * Math.sqrt(share), class: "lse-posterior-disc", "data-of": "posterior" })];
  });
}

/** The pictures of few values in rows, from the largest z2 down, each framed by its share of p(z|x). @param {Sum} sum */
function valuesSheet({ points, logs, pictures }) {
  const total = logSum(logs);
  const columns = Math.max(5, Math.round(Math.sqrt(logs.length)));
  const order = Array.from(logs.keys()).sort((a, b) => points[2 * b + 1] - points[2 * a + 1]);
  const rows = Array.from({ length: Math.ceil(order.length / columns) }, (_, row) => order.slice(row * columns, (row + 1) * columns));
  const sheet = element("div", "lse-values");
  sheet.style.gridTemplateColumns = `repeat(${columns}, auto)`;
  sheet.dataset.of = "points";
  for (const k of rows.flatMap((row) => row.sort((a, b) => points[2 * a] - points[2 * b]))) {
    const canvas = newPicture(pictures[k], 1);
    canvas.className = columns > 5 ? "lse-value" : "lse-value lse-value-large";
    canvas.style.setProperty("--share", `${100 * Math.sqrt(Math.exp(logs[k] - total))}%`);
    sheet.append(canvas);
  }
  return sheet;
}
