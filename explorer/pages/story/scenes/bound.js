// Scene 8: the ELBO, log p(x), and the gap between them. The visitor lays a Gaussian over the exact posterior.

import { bestFit, negativeElbo } from "../fit.js";
import { button, inNats, REFERENCE } from "../kit.js";
import { Plot } from "../plot.js";
import { momentsOf, posteriorOf, shadesOf } from "../posterior.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { newPicture } from "../../../browser/ui/pictures.js";
import { inSlices } from "../../../browser/ui/slices.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../../../browser/net/encoder.js").Posterior} Q */
/** @typedef {import("../../../browser/map/view.js").View} View */

const IMAGES = [1, 38, 53]; // in turn; their posteriors differ in shape
const SIGMAS = { least: 0.005, most: 0.5, stops: 200 }; // of the sliders, in units of z
const STEPS = 25; // of the fit from each start
const LEAST_RANGE = 6; // nats that the bars show
const MARGIN = 4.5; // half the window, in the posterior's stddevs

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 8,
  name: "A bound, and its gap",
  claim: "The ELBO is a lower bound of log p(x). The gap is KL(q‖p(z|x)): how badly q fits the posterior.",
  question: "Lay your q over the exact posterior: drag its centre, set both σ. Can you beat the encoder?",
  formula: [
    { symbols: "log p(x)", means: "evidence", of: "evidence" },
    { symbols: "=" },
    { symbols: "ELBO", means: "the bound, −ℓ at β = 1", of: "elbo" },
    { symbols: "+" },
    { symbols: "KL(q‖p(z|x))", means: "the gap, never below 0", of: "gap" },
    { symbols: "," },
    { symbols: "KL(q‖p(z|x)) = 𝔼_q[log q(z)] − 𝔼_q[log p(x, z)] + log p(x)", means: "the best λ = (μ, σ) makes it least", of: "gap" },
  ],
  async mount(picture, answer, kit) {
    const [loaded, encoder] = await Promise.all([kit.load(REFERENCE), kit.encoder(REFERENCE)]);
    if (kit.signal.aborted) return;
    let asked = 0;
    const ask = () => {
      picture.replaceChildren();
      answer.replaceChildren();
      return play(picture, answer, kit, loaded, encoder, IMAGES[asked++ % IMAGES.length], ask);
    };
    await ask();
  },
};

/** @param {HTMLElement} picture @param {HTMLElement} answer @param {Kit} kit
 * @param {import("../../../browser/map/loading.js").Loaded} loaded
 * @param {import("../../../browser/net/encoder.js").Encoder} encoder @param {number} image
 * @param {() => Promise<void>} again */
async function play(picture, answer, kit, loaded, encoder, image, again) {
  const { decoder } = loaded;
  const { x, title } = await kit.digit(image);
  const waiting = element("p", "", "Decoding the latent space to sum over it…");
  picture.append(waiting);
  const posterior = await posteriorOf(decoder, x, kit.signal);
  if (!posterior) return;
  waiting.remove();
  const { logEvidence } = posterior;
  const gapOf = (/** @type {Q} */ q) => negativeElbo(q, decoder, x) + logEvidence;
  const own = encoder.encode(x);
  const encoders = { name: "encoder's q", q: { mean: own.mean.slice(), stddev: own.stddev.slice() } };
  const moments = momentsOf(posterior);
  const view = windowOf(moments, encoders.q);
  const yours = { name: "your q", q: { mean: Float32Array.of(view.x + view.half / 2, view.y + view.half / 2), stddev: Float32Array.of(view.half / 6, view.half / 6) } };
  /** @type {{name: string, q: Q}[]} */
  let drawn = [encoders, yours];
  const bars = barsOf(logEvidence, gapOf(encoders.q), posterior.error);
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
    caption: "Shaded: the exact posterior p(z|x). Ellipses: 1 and 2 σ of each q.",
  });
  plot.scene.underlay = shadesOf(posterior, () => ({ paper: plot.scene.paper, ink: plot.scene.ink }));
  const original = element("figure", "lse-original", newPicture(x, 1), element("figcaption", "", `x: ${title}`));
  picture.append(element("div", "lse-beside", original, bars.root));
  const sliders = [0, 1].map((axis) => sigmaSlider(axis, yours.q.stddev, refresh));
  const done = button("This is my q", async () => {
    done.disabled = true;
    const guess = gapOf(yours.q);
    const best = await inSlices(bestFit([moments, encoders.q, yours.q], decoder, x, STEPS), () => kit.signal.aborted);
    if (!best) return;
    answered = true;
    drawn = [...drawn, { name: "best q", q: best.q }];
    bars.show("best q", gapOf(best.q));
    refresh();
    kit.reveal(revealOf(guess, gapOf(best.q), gapOf(encoders.q)));
  }, "lse-main");
  answer.append(...sliders, done, button("Another image", () => void again()));
  plot.put(yours.q.mean[0], yours.q.mean[1]);
  plot.show({ ...loaded, mean: NOTHING, stddev: NOTHING, label: NO_LABELS, labelPositions: [] }, view);
}

const NOTHING = new Float32Array(0);
const NO_LABELS = new Uint8Array(0);

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
  const rings = [1, 2].map((k) => svg("ellipse", { cx, cy, rx: k * scale * stddev[0], ry: k * scale * stddev[1], class: `lse-q lse-q-${kind}` }));
  const text = svg("text", { x: cx, y: cy - 2 * scale * stddev[1] - 12, class: "lse-circle-name" });
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
  const note = `The bars begin ${range.toFixed(0)} nats below log p(x), which is summed over cells of z; numerical error below ${Math.max(0.01, error).toFixed(2)} nats.`;
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
      `${won} Its gap is ${inNats(encoder)}: ${inNats(best)} because p(z|x) is no such Gaussian, and ` +
      `${inNats(encoder - best)} because one encoder serves all images. Move your q: its bar follows.`,
  };
}
