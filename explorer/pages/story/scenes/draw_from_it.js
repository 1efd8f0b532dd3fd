// Scene 6: draws of z from the prior, decoded. The visitor tells three models by their draws.

import { button, REFERENCE } from "../kit.js";
import { mosaic } from "../mosaic.js";
import { normalQuantile } from "../../../browser/inference/fixed_points.js";
import { normalDraws, uniformDraws } from "../../../browser/net/noise.js";
import { element } from "../../../browser/ui/dom.js";
import { newPicture } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../../../browser/net/decoder.js").Decoder} Decoder */

const SHEETS = [ // in the order in which they lie
  { beta: 30, model: "mnist-beta-30" },
  { beta: 0, model: "mnist-beta-0" },
  { beta: 1, model: REFERENCE },
];
const LETTERS = ["A", "B", "C"];
const AT_ONE = 2; // of SHEETS, that of beta = 1
const ROW = 4; // pictures in a row of a sheet
const CUTS = 7; // parts of equal probability along each axis of z

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 6,
  name: "Draw from it",
  claim: "To make a new image, draw z from the prior p(z), then x from p(x|z). It works where codes were.",
  question: "Three models, one for each KL weight β, decode the same 16 z. Which sheet is from which?",
  formula: [
    { symbols: "z ∼ p(z) = 𝒩(0, I)", means: "first z: two normal draws", of: "z" },
    { symbols: "," },
    { symbols: "x ∼ p_φ(x|z)", means: "then x: each pixel by itself", of: "sheets" },
    { symbols: ":" },
    { symbols: "p(x, z) = p_φ(x|z) p(z)", means: "the joint probability of both", of: "sheets" },
  ],
  async mount(picture, answer, kit) {
    const loaded = await Promise.all(SHEETS.map(({ model }) => kit.load(model)));
    if (kit.signal.aborted) return;
    const names = LETTERS.map((letter) => element("figcaption", "", `sheet ${letter}`));
    const row = element("div", "lse-sheets");
    row.dataset.of = "sheets";
    const [warped, once] = [element("div", "lse-warped"), element("div", "lse-once")];
    warped.dataset.of = "z";
    let seed = 0;
    const draw = () => {
      const z = normalDraws(ROW * ROW, uniformDraws(seed++));
      row.replaceChildren(...loaded.map(({ decoder }, i) => element("figure", "", mosaic(decodeAll(decoder, z), ROW), names[i])));
      once.replaceChildren(...drawnOnce(loaded[AT_ONE].decoder, z.subarray(0, 2), seed));
    };
    draw();
    const grid = mosaic(decodeAll(loaded[AT_ONE].decoder, quantileGrid()), CUTS);
    warped.append(element("figure", "", grid, element("figcaption", "", `the prior in ${CUTS} × ${CUTS} equal parts, warped`)), once);
    picture.append(row, warped);
    /** @type {(number | null)[]} */
    const chosen = [null, null, null];
    const rows = LETTERS.map((letter, i) => choiceRow(letter, (beta) => {
      chosen[i] = beta;
      go.disabled = chosen.includes(null);
    }));
    const go = button("That is my answer", () => {
      go.disabled = true;
      names.forEach((name, i) => (name.textContent = `sheet ${LETTERS[i]}: β = ${SHEETS[i].beta}`));
      kit.reveal(revealOf(/** @type {number[]} */ (chosen), kit));
    }, "lse-main");
    go.disabled = true;
    answer.append(...rows, go, button("Draw again", draw));
  },
};

/** @param {string} letter @param {(beta: number) => void} choose */
function choiceRow(letter, choose) {
  const betas = SHEETS.map(({ beta }) => beta).sort((a, b) => a - b);
  const buttons = betas.map((beta) => {
    const made = button(`β = ${beta}`, () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === made));
      choose(beta);
    });
    made.setAttribute("aria-pressed", "false");
    made.setAttribute("aria-label", `sheet ${letter} is from beta ${beta}`);
    return made;
  });
  return element("div", "lse-choice", element("span", "", `sheet ${letter}`), ...buttons);
}

/** @param {Decoder} decoder @param {Float32Array} z [N, 2] @returns {Float32Array[]} */
function decodeAll(decoder, z) {
  return Array.from({ length: z.length / 2 }, (_, i) => decoder.decode(z.subarray(2 * i, 2 * i + 2)).slice());
}

/** The probabilities at one z, and pixels drawn from them. @param {Decoder} decoder @param {Float32Array} z @param {number} seed */
function drawnOnce(decoder, z, seed) {
  const y = decoder.decode(z).slice();
  const uniform = uniformDraws(seed);
  const x = y.map((probability) => Number(uniform() < probability));
  const figure = (/** @type {Float32Array} */ pixels, /** @type {string} */ name) =>
    element("figure", "", newPicture(pixels, 1), element("figcaption", "", name));
  const warp =
    "The decoder is the function that warps a normal distribution into that of digits: any distribution is a normal one, " +
    "warped.";
  const atOnce =
    `Given z the pixels are independent. So one pass gives all ${y.length} probabilities, and all pixels are drawn at once. ` +
    `A model that draws pixel by pixel needs ${y.length} passes.`;
  return [figure(y, "y of one z"), figure(x, "x drawn from it"), element("p", "", warp), element("p", "", atOnce)];
}

/** The middles of the parts of the prior, from the top left one on. @returns {Float32Array} [CUTS * CUTS, 2] */
function quantileGrid() {
  const middles = Array.from({ length: CUTS }, (_, i) => normalQuantile((i + 0.5) / CUTS));
  return Float32Array.from(middles.slice().reverse().flatMap((up) => middles.flatMap((right) => [right, up])));
}

/** @param {number[]} chosen @param {Kit} kit @returns {import("../kit.js").Reveal} */
function revealOf(chosen, kit) {
  const truth = SHEETS.map(({ beta }) => beta);
  const wrong = truth.filter((beta, i) => beta !== chosen[i]).length;
  const inWords = (/** @type {number[]} */ betas) => betas.map((beta, i) => `${LETTERS[i]}: ${beta}`).join(", ");
  return {
    ...{ guess: chosen.join("|"), truth: truth.join("|"), guessed: inWords(chosen), found: inWords(truth) },
    distance: `${wrong} of ${truth.length} sheets`,
    lesson: measuredOf(kit),
  };
}

/** What is measured of the draws. @param {Kit} kit */
function measuredOf(kit) {
  const [strong, off, on] = SHEETS.map(({ model }) => kit.model(model).measures);
  if (!strong || !off || !on) return "The measures of these models cannot be read here.";
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  return (
    "A hole is a place farther than 3 σ from every code: the decoder never learnt it. Holes have " +
    `${percent(off.holes)} of the prior for β = 0, and ${percent(on.holes)} for β = 1. The draws show ` +
    `${off.drawn_classes.toFixed(1)}, ${on.drawn_classes.toFixed(1)} and ${strong.drawn_classes.toFixed(1)} kinds of digit for β = 0, 1 and 30.`
  );
}
