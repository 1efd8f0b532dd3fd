// Scene 7: p(x) as a sum over z, exact where z has few values, and what it costs where z has more numbers.

import { jointOf } from "../engine.js";
import { costTable, pointsSlider, revealOf } from "../grid_costs.js";
import { typeset } from "../formula.js";
import { button, EXACT } from "../kit.js";
import { Plot } from "../plot.js";
import { figuresOf } from "../values.js";
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
const ASKED = 10; // numbers in z
const TIMED = 3; // sums
const SHOWN_SHARE = 0.003; // of the posterior, of a point that is drawn

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 7,
  name: "The sum nobody computes",
  claim: "The evidence p(x) sums over all z: with two numbers a moment’s work, with fifty out of reach.",
  question: `A grid over z decodes every crossing of its lines. How many has it when z has ${ASKED} numbers?`,
  formula: [
    { symbols: "p(x) = ∫ p_φ(x|z) p(z) dz", means: "evidence: how likely x is", of: "evidence" },
    { symbols: "≈" },
    { symbols: "Σ_k p_φ(x|z_k) / K", means: "K values, equally likely", of: "points" },
    { symbols: "," },
    { symbols: "φ^* = argmax_φ Σ_i log p_φ(x_i)", means: "maximum likelihood, images independent", of: "evidence" },
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
    const seconds = await secondsOfOne(joint);
    if (kit.signal.aborted) return;
    const [sums, costs, words] = [element("table", "lse-rungs"), element("div", "lse-grid-costs"), element("details", "lse-values-words")];
    let shown = Math.max(0, found.length - 2);
    const plot = new Plot(picture, kit, {
      over: (view, side) => posteriorMarks(found[shown], view, side),
      ellipses: false,
      caption: "K values of z, spread like the prior. Framed, or a disc: p(z|x) of a value, given the x beside.",
    });
    plot.scene.stage.parentElement?.append(words);
    plot.scene.stage.dataset.of = "points";
    words.dataset.of = "posterior";
    const show = (/** @type {number} */ at) => {
      shown = at;
      const few = found[at].pictures.length > 0;
      plot.scene.stage.hidden = few;
      plot.scene.stage.parentElement?.querySelector(".lse-values")?.remove();
      if (few) plot.scene.stage.before(valuesSheet(found[at]));
      words.replaceChildren(...wordsOf(found[at]));
      const points = Float32Array.from(found[at].points);
      plot.show({ mean: points, stddev: points, label: new Uint8Array(points.length / 2), labelPositions: [] });
      [...sums.querySelectorAll("button")].forEach((each, i) => each.setAttribute("aria-pressed", String(i === at)));
    };
    sums.replaceChildren(...sumRows(found, show));
    const original = element("figure", "lse-original", newPicture(digit.x, 1), element("figcaption", "", `x: ${digit.title}`));
    picture.append(element("div", "lse-beside", element("div", "lse-sum", original, sums), costs));
    show(shown);
    if (kit.data.dimensions.length) ask(answer, costs, kit, seconds);
    else answer.append(element("p", "", "The measured costs of grids cannot be read on this server."));
  },
};

/** @param {HTMLElement} answer @param {HTMLElement} costs @param {Kit} kit @param {number} seconds of decoding one point */
function ask(answer, costs, kit, seconds) {
  const rows = kit.data.dimensions;
  const slider = pointsSlider(`points of the grid for ${ASKED} numbers`);
  costs.replaceChildren(costTable(rows, (numbers) => numbers < ASKED));
  const done = button("That is my guess", () => {
    done.disabled = true;
    costs.replaceChildren(costTable(rows, () => true));
    kit.reveal(revealOf(slider.points(), rows, ASKED, seconds));
  }, "lse-main");
  answer.append(slider.root, done);
}

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

/** How long one point takes here, at its best and without a pause: other work only adds to it. @param {Joint} joint */
async function secondsOfOne({ model, x }) {
  const joint = new Joint(model, x, async () => {});
  const points = fixedPoints(MANY);
  let least = Infinity;
  for (let i = 0; i < TIMED; i++) {
    const start = performance.now();
    await joint.logLikelihood(points);
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000 / MANY;
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
    const share = Math.exp(logs[k] - total);
    canvas.style.setProperty("--share", `${100 * Math.sqrt(share)}%`);
    if (share > SHOWN_SHARE) canvas.dataset.of = "posterior";
    sheet.append(canvas);
  }
  return sheet;
}

/** KL and entropy of the values, where all is a sum. @param {Sum} sum */
function wordsOf({ logs }) {
  const { told, reverse, byTheMean, entropy } = figuresOf(logs);
  const nats = (/** @type {number} */ value) => value.toFixed(1);
  const bits =
    `. The entropy of p(z|x), ${nats(entropy / Math.LN2)} bits, is the least number of bits that name the value, on average.`;
  const noDistance =
    `The other way round KL is ${nats(reverse)} nats, so it is not symmetric. By way of the mean of p and q it is ` +
    `${nats(byTheMean)}, so a detour is shorter: KL is no distance.`;
  return [
    element("summary", "", `x tells ${nats(told)} nats about z: KL(p(z|x)‖p(z))`),
    element("p", "", "That is ", ...typeset("Σ_k p_k log(p_k / q_k)"), ", where p is p(z|x) and ", ...typeset("q_k = 1/K"), bits),
    element("p", "", noDistance),
  ];
}
