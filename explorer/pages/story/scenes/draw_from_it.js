// Scene 6: draws of z from the prior, decoded. The visitor tells three models by their draws.

import { button, REFERENCE } from "../kit.js";
import { mosaic } from "../mosaic.js";
import { normalQuantile } from "../../../browser/inference/fixed_points.js";
import { normalDraws, uniformDraws } from "../../../browser/net/noise.js";
import { element } from "../../../browser/ui/dom.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../../../browser/net/decoder.js").Decoder} Decoder */

const SHEETS = [ // in the order in which they lie
  { beta: 30, model: "mnist-beta-30" },
  { beta: 0, model: "mnist-beta-0" },
  { beta: 1, model: REFERENCE },
];
const LETTERS = ["A", "B", "C"];
const ROW = 4; // pictures in a row of a sheet
const CUTS = 7; // parts of equal probability along each axis of z

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 6,
  name: "Draw from it",
  claim: "To draw an image, draw z from the prior, then x from p(x|z): it works where codes were.",
  question: "Three models draw with the same 16 z. Which sheet is from which β?",
  formula: [
    { symbols: "z ∼ p(z) = 𝒩(0, I)", means: "first two normal numbers", of: "z" },
    { symbols: "," },
    { symbols: "x ∼ p_φ(x|z)", means: "then 784 pixels", of: "sheets" },
    { symbols: ":" },
    { symbols: "p(x, z) = p_φ(x|z) p(z)", means: "the joint", of: "sheets" },
  ],
  async mount(picture, answer, kit) {
    const loaded = await Promise.all(SHEETS.map(({ model }) => kit.load(model)));
    if (kit.signal.aborted) return;
    const names = LETTERS.map((letter) => element("figcaption", "", `sheet ${letter}`));
    const row = element("div", "lse-sheets");
    row.dataset.of = "sheets";
    const warped = element("div", "lse-warped");
    warped.dataset.of = "z";
    let seed = 0;
    const draw = () => {
      const z = normalDraws(ROW * ROW, uniformDraws(seed++));
      row.replaceChildren(...loaded.map(({ decoder }, i) => element("figure", "", mosaic(decodeAll(decoder, z), ROW), names[i])));
    };
    draw();
    warped.append(
      mosaic(decodeAll(loaded[2].decoder, quantileGrid()), CUTS),
      element("p", "", `Any distribution is a normal one, warped by a function. Here the prior is cut into ${CUTS} × ${CUTS} parts of equal probability; the decoder warps the middle of each into a digit.`),
    );
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
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  return (
    `At β = 0 ${percent(off.holes)} of the prior is a hole, farther than 3 σ from every code; at β = 1 ${percent(on.holes)}. ` +
    `The draws show ${off.drawn_classes.toFixed(1)}, ${on.drawn_classes.toFixed(1)} and ${strong.drawn_classes.toFixed(1)} different digits at β = 0, 1 and 30.`
  );
}
