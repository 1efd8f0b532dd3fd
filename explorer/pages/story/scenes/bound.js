// Scene 8: the ELBO, log p(x), and the gap between them. The visitor lays a Gaussian over the exact posterior.

import { asPosterior, jointOf, negativeElbo, orNull } from "../engine.js";
import { button, inNats, Kit, REFERENCE } from "../kit.js";
import { ownDigit } from "../own_digit.js";
import { Plot } from "../plot.js";
import { shadesOf } from "../shades.js";
import { bestQ } from "../../../browser/inference/best_q.js";
import { evidence, picture as pictureOf } from "../../../browser/inference/evidence.js";
import { diagonal } from "../../../browser/inference/gaussian.js";
import { momentsOf } from "../../../browser/inference/shape.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { atMost } from "../../../browser/ui/ticks.js";
import { newPicture } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Digit} Digit */
/** @typedef {import("../../../browser/net/encoder.js").Posterior} Q */
/** @typedef {import("../../../browser/map/view.js").View} View */

const IMAGES = [1, 38, 53]; // in turn; their posteriors differ in shape
const SIGMAS = { least: 0.005, most: 0.5, stops: 200 }; // of the sliders, in units of z
const LEAST_RANGE = 6; // nats that the bars show
const MARGIN = 4.5; // half the window, in the posterior's stddevs

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 8,
  name: "A bound, and its gap",
  claim: "The ELBO, evidence lower bound, is log p(x) − KL(q‖p(z|x)). The gap is how badly q fits.",
  question: "Lay your q over the exact posterior: drag its centre, set both σ. Can you beat the encoder?",
  formula: [
    { symbols: "log p(x)", means: "evidence", of: "evidence" },
    { symbols: "=" },
    { symbols: "ELBO", means: "the bound, −ℓ at β = 1", of: "elbo" },
    { symbols: "+" },
    { symbols: "KL(q_λ‖p(z|x))", means: "the gap, never below 0", of: "gap" },
    { symbols: "," },
    { symbols: "λ^* = argmin_λ", means: "λ = (μ, σ²): one for each x", of: "q" },
    { symbols: "𝔼_{q_λ}[log q_λ(z)] − 𝔼_{q_λ}[log p(x, z)] + log p(x)", means: "this KL, written out", of: "gap" },
  ],
  async mount(picture, answer, kit) {
    const [loaded, encoder] = await Promise.all([kit.load(REFERENCE), kit.encoder(REFERENCE)]);
    if (kit.signal.aborted) return;
    let asked = 0;
    let turn = new AbortController();
    kit.signal.addEventListener("abort", () => turn.abort());
    const ask = (/** @type {Digit} */ digit) => {
      turn.abort();
      turn = new AbortController();
      kit.ask();
      return play(picture, answer, new Kit(kit.data, turn.signal, kit), loaded, encoder, digit, [another, own]);
    };
    const askNext = async () => ask(await kit.digit(IMAGES[asked++ % IMAGES.length]));
    const another = button("Another image", () => void askNext());
    const own = ownDigit(kit.signal, (digit, final) => void (final && ask(digit)));
    await askNext();
  },
};

/** @param {HTMLElement} picture @param {HTMLElement} answer @param {Kit} kit
 * @param {import("../../../browser/map/loading.js").Loaded} loaded
 * @param {import("../../../browser/net/encoder.js").Encoder} encoder @param {Digit} digit
 * @param {HTMLElement[]} others the ways to another x */
async function play(picture, answer, kit, loaded, encoder, { x, title }, others) {
  const { decoder } = loaded;
  const posterior = await orNull(kit.signal, () => posteriorOf(decoder, x, kit.signal));
  if (!posterior) return;
  picture.replaceChildren();
  const { joint, logEvidence, error, shown } = posterior;
  const gapOf = (/** @type {Q} */ q) => negativeElbo(q, decoder, x) + logEvidence;
  const own = encoder.encode(x);
  const encoders = { name: "encoder's q", q: { mean: own.mean.slice(), stddev: own.stddev.slice() } };
  const moments = meanAndStddev(momentsOf(shown));
  const view = windowOf(moments, encoders.q);
  const yours = { name: "your q", q: { mean: Float32Array.of(view.x + view.half / 2, view.y + view.half / 2), stddev: Float32Array.of(view.half / 6, view.half / 6) } };
  /** @type {{name: string, q: Q}[]} */
  let drawn = [encoders, yours];
  const bars = barsOf(logEvidence, gapOf(encoders.q), error);
  let answered = false;
  const refresh = () => {
    plot.mark();
    if (answered) bars.show("your q", gapOf(yours.q));
  };
  const plot = new Plot(picture, kit, {
    dragged: (z) => {
      yours.q.mean.set(z);
      refresh();
    },
    over: (seen, side) => drawn.flatMap(({ name, q }) => ellipse(name, q, seen, side)),
    ellipses: false,
    caption: "Shaded: the exact posterior p(z|x). Ellipses: 1 and 2 σ of q.",
  });
  plot.scene.underlay = shadesOf(shown, () => ({ paper: plot.scene.paper, ink: plot.scene.ink }));
  const original = element("figure", "lse-original", newPicture(x, 1), element("figcaption", "", `x: ${title}`));
  picture.append(element("div", "lse-beside", original, bars.root));
  const sliders = [0, 1].map((axis) => sigmaSlider(axis, yours.q.stddev, refresh));
  const done = button("This is my q", async () => {
    done.disabled = true;
    const guess = gapOf(yours.q);
    const ends = await orNull(kit.signal, () => fitsFrom(joint, [moments, encoders.q, yours.q]));
    if (!ends) return;
    const best = ends.reduce((a, b) => (gapOf(b) < gapOf(a) ? b : a));
    answered = true;
    drawn = [...drawn, { name: "best q", q: best }];
    bars.show("best q", gapOf(best));
    refresh();
    kit.reveal(revealOf(guess, gapOf(best), gapOf(encoders.q)));
  }, "lse-main");
  answer.replaceChildren(...sliders, done, ...others);
  plot.put(yours.q.mean[0], yours.q.mean[1]);
  plot.show({ ...loaded, mean: NOTHING, stddev: NOTHING, label: NO_LABELS, labelPositions: [] }, view);
}

const NOTHING = new Float32Array(0);
const NO_LABELS = new Uint8Array(0);

/** @param {import("../../../browser/net/decoder.js").Decoder} decoder @param {Float32Array} x @param {AbortSignal} signal */
async function posteriorOf(decoder, x, signal) {
  const joint = await jointOf(decoder, x, signal);
  const found = await evidence(joint);
  return { joint, logEvidence: found.logEvidence, error: found.error, shown: await pictureOf(joint, found) };
}

/** @param {{mean: number[], covariance: number[][]}} moments @returns {Q} */
function meanAndStddev({ mean, covariance: [[first], [, second]] }) {
  return { mean: Float32Array.from(mean), stddev: Float32Array.of(Math.sqrt(first), Math.sqrt(second)) };
}

/** The best q of independent dimensions near each start, and the starts. @param {import("../../../browser/inference/joint.js").Joint} joint @param {Q[]} starts */
async function fitsFrom(joint, starts) {
  const ends = [...starts];
  for (const start of starts) ends.push(asPosterior((await bestQ(joint, diagonal(start), false)).pop() ?? diagonal(start)));
  return ends;
}

/** @param {Q} moments of the posterior @param {Q} own the encoder's q @returns {View} */
function windowOf({ mean, stddev }, own) {
  const away = Math.max(...own.mean.map((mu, axis) => Math.abs(mu - mean[axis]) + 2 * own.stddev[axis]));
  return { x: mean[0], y: mean[1], half: Math.max(MARGIN * Math.max(...stddev), 1.1 * away) };
}

/** @param {number} axis @param {Float32Array} stddev is set @param {() => void} changed */
function sigmaSlider(axis, stddev, changed) {
  const { least, most, stops } = SIGMAS;
  const slider = /** @type {HTMLInputElement} */ (element("input", ""));
  const words = element("output", "");
  Object.assign(slider, { type: "range", min: "0", max: String(stops), step: "1" });
  slider.value = String(Math.round((stops * Math.log(stddev[axis] / least)) / Math.log(most / least)));
  slider.setAttribute("aria-label", `sigma ${axis + 1} of your q`);
  const read = () => {
    stddev[axis] = least * (most / least) ** (Number(slider.value) / stops);
    words.textContent = stddev[axis].toFixed(3);
    slider.setAttribute("aria-valuetext", `${stddev[axis].toFixed(3)} units of z`);
  };
  slider.addEventListener("input", () => {
    read();
    changed();
  });
  read();
  const label = element("label", "lse-sigma", element("span", "", element("i", "", "σ"), element("sub", "", String(axis + 1))), slider, words);
  return label;
}

/** @param {string} name @param {Q} q @param {View} view @param {number} side */
function ellipse(name, { mean, stddev }, view, side) {
  const [cx, cy] = toPixels(view, side, mean[0], mean[1]);
  const scale = side / (2 * view.half);
  const kind = name.split(" ")[0].replace("'s", "");
  const rings = [1, 2].map((k) => svg("ellipse", { cx, cy, rx: k * scale * stddev[0], ry: k * scale * stddev[1], class: `lse-q lse-q-${kind}`, "data-of": "q" }));
  const [below, right] = [kind === "encoder" ? 1 : -1, kind === "best" ? 2 * scale * stddev[0] + 32 : 0]; // a side for each name
  const y = right ? cy : cy + below * (2 * scale * stddev[1] + 14);
  const text = svg("text", { x: cx + right, y, class: "lse-circle-name" });
  text.textContent = name;
  return [...rings, text];
}

/** log p(x), and below it a bar for the ELBO of each q, all cut at the left.
 * @param {number} logEvidence @param {number} encoderGap @param {number} error of both, in nats */
function barsOf(logEvidence, encoderGap, error) {
  const range = Math.max(LEAST_RANGE, 1.4 * encoderGap);
  const root = element("div", "lse-bounds");
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map();
  const show = (/** @type {string} */ name, /** @type {number | null} */ gap) => {
    const row = rows.get(name) ?? element("div", "lse-bound");
    rows.set(name, row);
    row.replaceChildren(...barOf(name, logEvidence, gap, range));
    root.append(row);
  };
  show("log p(x)", 0);
  show("encoder's q", encoderGap);
  show("your q", null);
  const note = `The bars begin ${range.toFixed(0)} nats below log p(x), which is an integral over z; numerical error at most ${atMost(error)} nats.`;
  return { show, root: element("div", "", root, element("p", "lse-quiet", note)) };
}

/** @param {string} name @param {number} logEvidence @param {number | null} gap null is not told yet @param {number} range */
function barOf(name, logEvidence, gap, range) {
  const whole = name === "log p(x)";
  const bar = element("div", "lse-bound-bar");
  const share = gap === null ? 0 : Math.max(0, 1 - gap / range);
  const elbo = element("i", whole ? "lse-bound-evidence" : "lse-bound-elbo");
  elbo.style.width = `${100 * share}%`;
  elbo.dataset.of = whole ? "evidence" : "elbo";
  bar.append(elbo);
  if (!whole && gap !== null) {
    const rest = element("i", "lse-bound-gap");
    rest.style.width = `${100 * (1 - share)}%`;
    rest.dataset.of = "gap";
    bar.append(rest);
  }
  const signed = (/** @type {number} */ value) => value.toFixed(1).replace("-", "−");
  const words = whole ? `${signed(logEvidence)} nats` : gap === null ? "ELBO ?" : `ELBO ${signed(logEvidence - gap)}, gap ${inNats(gap)}`;
  return [element("span", "", element("b", "", name), ` ${words}`), bar];
}

/** @param {number} guess @param {number} best @param {number} encoder gaps in nats @returns {import("../kit.js").Reveal} */
function revealOf(guess, best, encoder) {
  const won = guess < encoder ? "You beat the encoder." : "The encoder is nearer.";
  return {
    ...{ guess: guess.toFixed(2), truth: best.toFixed(2), guessed: `gap ${inNats(guess)}` },
    ...{ found: `${inNats(best)} with the best q`, distance: inNats(guess - best) },
    lesson:
      `${won} Its gap is ${inNats(encoder)}: ${inNats(best)} because p(z|x) is no Gaussian of independent numbers, and ` +
      `${inNats(encoder - best)} because one encoder serves all images. Move your q: its bar follows.`,
  };
}
