// Scene 9: z looked up among decoded points, without an encoder, and what one encoder for all images costs.

import { asPosterior, jointOf, negativeElbo, orNull } from "../engine.js";
import { button, EXACT, inNats, REFERENCE } from "../kit.js";
import { Plot } from "../plot.js";
import { fixedPoints } from "../../../browser/inference/fixed_points.js";
import { bestQ } from "../../../browser/inference/best_q.js";
import { diagonal } from "../../../browser/inference/gaussian.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */

const POINTS = 987;
const IMAGES = [38, 33, 1, 46, 53, 15]; // whose encoder is a few nats off, where the test images are there
const SIGMA = 0.05; // of a looked-up q before it is fitted, in units of z
const STEPS = 5; // of the fit
const SLIDER = { most: 20, step: 0.1, first: 1 }; // nats

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 9,
  name: "One encoder for all",
  claim: "One encoder answers for all images at once. Looking z up for each image alone loses less.",
  question: "How many nats an image does one encoder for all cost, on average?",
  formula: [
    { symbols: "min_θ Σ_i KL(q_θ(z|x_i)‖p(z|x_i))", means: "one encoder θ for all images", of: "encoder" },
    { symbols: "≥" },
    { symbols: "Σ_i min_{λ_i} KL(q_{λ_i}(z)‖p(z|x_i))", means: "one q for each image alone", of: "lookup" },
  ],
  async mount(picture, answer, kit) {
    const [loaded, encoder] = await Promise.all([kit.load(REFERENCE), kit.encoder(REFERENCE)]);
    const points = fixedPoints(POINTS);
    const digits = await Promise.all(IMAGES.map((image) => kit.digit(image)));
    if (kit.signal.aborted) return;
    const { decoder } = loaded;
    /** @type {{z: ArrayLike<number>, name: string, of: string}[]} */
    let places = [];
    const plot = new Plot(picture, kit, {
      over: (view, side) => places.flatMap((place, i) => mark(place, i, view, side)),
      ellipses: false,
      caption: `${POINTS} points spread like the prior, decoded once and kept.`,
    });
    const [x, byEncoder, byTable] = Array.from({ length: 3 }, () => newPicture(new Float32Array(PICTURE_PIXELS), 1));
    const [words, tableWords] = [element("figcaption", ""), element("figcaption", "")];
    const show = async (/** @type {import("../kit.js").Digit} */ digit) => {
      const q = encoder.encode(digit.x);
      const own = { mean: q.mean.slice(), stddev: q.stddev.slice() };
      const found = await orNull(kit.signal, () => lookedUp(decoder, digit.x, points, kit.signal));
      if (!found) return;
      const { z, q: fitted } = found;
      places = [{ z: own.mean, name: "encoder", of: "encoder" }, { z, name: "looked up", of: "lookup" }];
      drawPicture(x, digit.x, 1);
      drawPicture(byEncoder, decoder.decode(own.mean), 1);
      drawPicture(byTable, decoder.decode(z), 1);
      words.textContent = `encoder: −ELBO ${inNats(negativeElbo(own, decoder, digit.x))}`;
      tableWords.textContent = `looked up, ${STEPS} steps: −ELBO ${inNats(negativeElbo(fitted, decoder, digit.x))}`;
      plot.look(around(own.mean, z));
    };
    const picks = digits.map((digit) => {
      const made = button("", () => {
        for (const each of picks) each.setAttribute("aria-pressed", String(each === made));
        void show(digit);
      }, "lse-pick");
      made.append(newPicture(digit.x, 1));
      made.setAttribute("aria-label", digit.title);
      return made;
    });
    const figures = [[x, element("figcaption", "", "x"), "x"], [byEncoder, words, "encoder"], [byTable, tableWords, "lookup"]];
    const ladder = element("div", "lse-ladder");
    picture.append(element("div", "lse-beside", element("div", "lse-picks", ...picks), element("div", "lse-looked-up", ...figures.map(figureOf)), ladder));
    const mean = Float32Array.from(points);
    plot.show({ mean, stddev: mean, label: new Uint8Array(POINTS), labelPositions: [] });
    picks[0].setAttribute("aria-pressed", "true");
    await show(digits[0]);
    ask(answer, ladder, kit);
  },
};

/** The best of the points for an image, and q after some steps from there.
 * @param {import("../../../browser/net/decoder.js").Decoder} decoder @param {Float32Array} x @param {Float64Array} points
 * @param {AbortSignal} signal */
async function lookedUp(decoder, x, points, signal) {
  const joint = await jointOf(decoder, x, signal);
  const logs = await joint.at(points);
  const best = logs.indexOf(logs.reduce((a, b) => Math.max(a, b)));
  const z = Float32Array.from(points.subarray(2 * best, 2 * best + 2));
  const steps = await bestQ(joint, diagonal({ mean: z, stddev: [SIGMA, SIGMA] }), false);
  return { z, q: asPosterior(steps[Math.min(STEPS, steps.length) - 1]) };
}

/** @param {(Node | string)[]} parts */
function figureOf([canvas, caption, of]) {
  const figure = element("figure", "", canvas, caption);
  figure.dataset.of = String(of);
  return figure;
}

/** A window that shows both places. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function around(a, b) {
  const half = Math.max(0.6, 1.5 * Math.hypot(a[0] - b[0], a[1] - b[1]));
  return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, half };
}

/** @param {HTMLElement} answer @param {HTMLElement} ladder @param {Kit} kit */
function ask(answer, ladder, kit) {
  const own = averagesOf(kit);
  ladder.replaceChildren(ladderOf(own, false));
  const words = element("output", "", `${SLIDER.first.toFixed(1)} nats`);
  const slider = /** @type {HTMLInputElement} */ (element("input", ""));
  Object.assign(slider, { type: "range", min: "0", max: String(SLIDER.most), step: String(SLIDER.step) });
  slider.value = String(SLIDER.first);
  slider.addEventListener("input", () => (words.textContent = `${Number(slider.value).toFixed(1)} nats`));
  const done = button("That is my guess", () => {
    done.disabled = true;
    ladder.replaceChildren(ladderOf(own, true));
    kit.reveal(revealOf(Number(slider.value), own));
  }, "lse-main");
  answer.append(element("label", "lse-radius", "cost of one encoder for all", slider, words), done);
}

/** A measured average over the test images, -ELBO or -log p(x) in nats. @typedef {{name: string, nats: number, of: string}} Rung */

/** What was measured: from one encoder to log p(x), and what lies between the first two.
 * @param {Kit} kit @returns {{rungs: Rung[], truth: number, images: string}} */
function averagesOf({ data: { evidence } }) {
  const [vae, exact] = [evidence[REFERENCE] ?? {}, evidence[EXACT] ?? {}];
  const rungs = [
    { name: "one encoder for all: −ELBO", nats: -vae.elbo, of: "encoder" },
    { name: "looked up among 987 points, 5 steps: −ELBO", nats: -vae.coarse_lookup_elbo, of: "lookup" },
    { name: "no q at all: −log p(x)", nats: -vae.log_evidence, of: "" },
    { name: "the exact decoder, looked up among 6,765: −ELBO", nats: -exact.lookup_elbo, of: "lookup" },
    { name: "the exact decoder: −log p(x)", nats: -exact.log_evidence, of: "" },
  ].filter(({ nats }) => Number.isFinite(nats));
  const measured = vae.coarse_lookup_elbo - vae.elbo;
  if (Number.isFinite(measured)) return { rungs, truth: measured, images: "10,000" };
  return { rungs, truth: vae.amortisation_gap, images: "the first 500" };
}

/** @param {{rungs: Rung[]}} averages @param {boolean} known whether all may be told */
function ladderOf({ rungs }, known) {
  const rows = rungs.map(({ name, nats, of }, i) => {
    const row = element("tr", "", element("td", "", name), element("td", "", known || i === 0 ? inNats(nats) : "?"));
    row.dataset.of = of;
    return row;
  });
  return element("table", "lse-rungs", element("caption", "", "averages over 10,000 test images"), element("tbody", "", ...rows));
}

/** @param {number} guess @param {{rungs: Rung[], truth: number, images: string}} averages
 * @returns {import("../kit.js").Reveal} */
function revealOf(guess, { truth, images }) {
  return {
    ...{ guess: guess.toFixed(2), truth: truth.toFixed(2), guessed: inNats(guess), found: inNats(truth) },
    distance: inNats(Math.abs(guess - truth)),
    lesson:
      `Measured over ${images} test images: this is what one encoder loses against a q of its own for each image. ` +
      "Fitting each q is dear, so the work is amortised: one pass of the encoder instead of a search.",
  };
}

/** @param {{z: ArrayLike<number>, name: string, of: string}} place @param {number} i
 * @param {import("../../../browser/map/view.js").View} view @param {number} side */
function mark({ z, name, of }, i, view, side) {
  const [cx, cy] = toPixels(view, side, z[0], z[1]);
  const text = svg("text", { x: cx + (i ? 14 : -14), y: cy, class: "lse-place-name", "text-anchor": i ? "start" : "end" });
  text.textContent = name;
  return [svg("circle", { cx, cy, r: 8, class: i ? "lse-place lse-place-own" : "lse-place", "data-of": of }), text];
}
