// Scene 9: z looked up among decoded points, without an encoder, and what one encoder for all images costs.

import { jointOf, negativeElbo, orNull } from "../engine.js";
import { button, EXACT, inNats, REFERENCE } from "../kit.js";
import { ownDigit } from "../own_digit.js";
import { Plot } from "../plot.js";
import { fixedPoints } from "../../../browser/inference/fixed_points.js";
import { lookUp, POINTS, STEPS } from "../../../browser/inference/lookup.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */

const IMAGES = [38, 33, 1, 46, 53, 15]; // whose encoder is a few nats off, where the test images are there
const SLIDER = { most: 20, step: 0.1, first: 1 }; // nats

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 9,
  name: "One encoder for all",
  claim: "One encoder infers q for all images: amortised inference. A search for each image alone loses less.",
  question: "How many nats does one encoder for all cost, for an average image?",
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
      over: (view, side) => places.flatMap((place, i) => mark(place, place.z[0] < places[1 - i].z[0], view, side)),
      ellipses: false,
      caption: `${POINTS} points spread like the prior, decoded once. Looking up starts from the best for x, and fits q in ${STEPS} steps.`,
    });
    const [x, byEncoder, byTable] = Array.from({ length: 3 }, () => newPicture(new Float32Array(PICTURE_PIXELS), 1));
    const [words, tableWords] = [element("figcaption", ""), element("figcaption", "")];
    let shown = digits[0];
    const show = async (/** @type {import("../kit.js").Digit} */ digit) => {
      shown = digit;
      picks.forEach((pick, i) => pick.setAttribute("aria-pressed", String(digits[i] === digit)));
      const q = encoder.encode(digit.x);
      const own = { mean: q.mean.slice(), stddev: q.stddev.slice() };
      const found = await orNull(kit.signal, async () => lookUp(await jointOf(decoder, digit.x, kit.signal)));
      if (!found || shown !== digit) return;
      const z = Float32Array.from(found.z);
      places = [{ z: own.mean, name: "encoder", of: "encoder" }, { z, name: "looked up", of: "lookup" }];
      drawPicture(x, digit.x, 1);
      drawPicture(byEncoder, decoder.decode(own.mean), 1);
      drawPicture(byTable, decoder.decode(z), 1);
      words.textContent = `encoder: −ELBO ${inNats(negativeElbo(own, decoder, digit.x))}`;
      tableWords.textContent = `looked up: −ELBO ${inNats(-found.after.value)}`;
      plot.look(around(own.mean, z));
    };
    const picks = digits.map((digit) => {
      const made = button("", () => void show(digit), "lse-pick");
      made.append(newPicture(digit.x, 1));
      made.setAttribute("aria-label", digit.title);
      return made;
    });
    const figures = [[x, element("figcaption", "", "x"), "x"], [byEncoder, words, "encoder"], [byTable, tableWords, "lookup"]];
    const ladder = element("div", "lse-ladder");
    picture.append(element("div", "lse-beside", element("div", "lse-picks", ...picks), element("div", "lse-looked-up", ...figures.map(figureOf)), ladder));
    const mean = Float32Array.from(points);
    plot.show({ mean, stddev: mean, label: new Uint8Array(POINTS), labelPositions: [] });
    await show(digits[0]);
    ask(answer, ladder, kit);
    answer.append(ownDigit(kit.signal, (digit, final) => void (final && show(digit))));
  },
};

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

/** truth: what one encoder costs, in nats, over some test images; misplaced: the share of images whose encoder put q into
 * a wrong place. @typedef {{rungs: Rung[], truth: number, images: string, misplaced: number}} Averages */

/** What was measured: from one encoder to log p(x), and what lies between the first two.
 * @param {Kit} kit @returns {Averages} */
function averagesOf({ data: { evidence } }) {
  const [vae, exact] = [evidence[REFERENCE] ?? {}, evidence[EXACT] ?? {}];
  const rungs = [
    { name: "−ELBO, one encoder for all", nats: -vae.elbo, of: "encoder" },
    { name: `−ELBO, looked up among ${POINTS} points`, nats: -vae.coarse_lookup_elbo, of: "lookup" },
    { name: "−log p(x), no q needed", nats: -vae.log_evidence, of: "" },
    { name: "−ELBO, looked up, a decoder trained alone", nats: -exact.lookup_elbo, of: "lookup" },
    { name: "−log p(x), that decoder", nats: -exact.log_evidence, of: "" },
  ].filter(({ nats }) => Number.isFinite(nats));
  const measured = vae.coarse_lookup_elbo - vae.elbo;
  const { misplaced = NaN } = vae;
  if (Number.isFinite(measured)) return { rungs, truth: measured, images: "10,000", misplaced };
  return { rungs, truth: vae.amortisation_gap, images: "the first 500", misplaced };
}

/** @param {{rungs: Rung[]}} averages @param {boolean} known whether all may be told */
function ladderOf({ rungs }, known) {
  const rows = rungs.map(({ name, nats, of }, i) => {
    const row = element("tr", "", element("td", "", name), element("td", "", known || i === 0 ? inNats(nats) : "?"));
    row.dataset.of = of;
    return row;
  });
  return element("table", "lse-rungs", element("caption", "", "averages over 10,000 test images, in nats; the decoder trained alone had log p(x) itself as its aim"), element("tbody", "", ...rows));
}

/** @param {number} guess @param {Averages} averages
 * @returns {import("../kit.js").Reveal} */
function revealOf(guess, { truth, images, misplaced }) {
  const wrong = misplaced ? ` In ${(100 * misplaced).toFixed(1)} % of them its q is in a wrong place.` : "";
  return {
    ...{ guess: guess.toFixed(2), truth: truth.toFixed(2), guessed: inNats(guess), found: inNats(truth) },
    distance: inNats(Math.abs(guess - truth)),
    lesson:
      `Measured over ${images} test images: so much one encoder loses against a q of its own for each image.${wrong} ` +
      "Searching a q for each image is expensive. One encoder amortises that work: it is trained once, and one pass gives q. " +
      "Is that worth these nats to you?",
  };
}

/** @param {{z: ArrayLike<number>, name: string, of: string}} place @param {boolean} isLeft of the other one
 * @param {import("../../../browser/map/view.js").View} view @param {number} side */
function mark({ z, name, of }, isLeft, view, side) {
  const [cx, cy] = toPixels(view, side, z[0], z[1]);
  const text = svg("text", { x: cx + (isLeft ? -14 : 14), y: cy, class: "lse-place-name", "text-anchor": isLeft ? "end" : "start" });
  text.textContent = name;
  return [svg("circle", { cx, cy, r: 8, class: `lse-place lse-place-${of}`, "data-of": of }), text];
}
