// Scene 2: the loss in nats, pixel by pixel. The visitor guesses which of two reconstructions costs more.

import { button, inNats, REFERENCE } from "../kit.js";
import { PIXELS_OF } from "../../../browser/net/likelihood.js";
import { element, svg, write } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS, PICTURE_SIDE } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** A reconstruction: the probability of each pixel, and what each costs in nats.
 * @typedef {{y: Float32Array, costs: Float64Array, total: number}} Rebuilt */

const BLURRED = "mnist-beta-10";
const CLEAR_NATS = 8; // between two reconstructions of a pair
const CHART = { width: 230, height: 150, most: 5 }; // px, px, nats
const LETTERS = ["A", "B"];

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 2,
  name: "What is lost, in nats",
  claim: "What a reconstruction loses is −log p(x|z), in nats: each pixel pays −log of its probability.",
  question: "Which of the two reconstructions of x costs more?",
  formula: [
    { symbols: "−log p_φ(x|z)", means: "nats lost", tone: "reconstruction", of: "cost" },
    { symbols: "= −" },
    { symbols: "Σ_j", means: "784 pixels, independent given z", of: "cost" },
    { symbols: "[" },
    { symbols: "x_j", means: "1 if on", of: "x" },
    { symbols: "log y_j", means: "y: probability of on", of: "y on" },
    { symbols: "+" },
    { symbols: "(1−x_j)", means: "1 if off", of: "x" },
    { symbols: "log(1−y_j)", means: "probability of off", of: "y off" },
    { symbols: "]" },
  ],
  async mount(picture, answer, kit) {
    const names = [REFERENCE, BLURRED];
    const models = await Promise.all(names.map((name) => Promise.all([kit.load(name), kit.encoder(name)])));
    if (kit.signal.aborted) return;
    const images = pairsOf(models.map(([{ reconstruction }]) => reconstruction));
    const row = element("div", "lse-rebuilt");
    const chart = surpriseChart();
    picture.append(row, chart.root);
    const buttons = LETTERS.map((letter, i) => button(`${letter} costs more`, () => judge(i), "lse-main"));
    answer.append(...buttons, button("Another pair", () => void ask()));
    /** @type {Rebuilt[]} */
    let pair = [];
    let asked = 0;
    const maps = LETTERS.map(() => costMap());
    const ask = async () => {
      const digit = await kit.digit(images[asked % images.length]);
      const rebuilt = models.map(([{ decoder }, encoder]) => rebuild(digit.x, decoder.logits(encoder.encode(digit.x).mean)));
      pair = [0, 3].includes(asked % 4) ? rebuilt : rebuilt.reverse();
      asked++;
      kit.ask();
      row.replaceChildren(...figuresOf(digit, pair, chart.show), ...maps.map(({ root }) => root));
      for (const map of maps) map.hide();
      for (const each of buttons) each.disabled = false;
      const { costs } = pair[0];
      const dearest = costs.indexOf(Math.max(...costs));
      chart.show("A", dearest, digit.x[dearest], pair[0]);
    };
    const judge = (/** @type {number} */ guess) => {
      for (const each of buttons) each.disabled = true;
      const most = Math.max(...pair.flatMap(({ costs }) => [...costs]));
      maps.forEach((map, i) => map.show(pair[i], most));
      kit.reveal(revealOf(guess, pair));
    };
    await ask();
  },
};

/** Images in turn: one where the sharp reconstruction costs more, one where it costs less.
 * @param {Float32Array[]} costs of the sharp model and of the blurred one, by image */
function pairsOf([sharp, blurred]) {
  const all = Array.from(sharp.keys());
  const surprising = all.filter((i) => sharp[i] > blurred[i] + CLEAR_NATS);
  const ordinary = all.filter((i) => sharp[i] < blurred[i] - CLEAR_NATS);
  return surprising.flatMap((image, i) => [image, ordinary[i]]);
}

/** @param {Float32Array} x @param {Float32Array} logits @returns {Rebuilt} */
function rebuild(x, logits) {
  const costs = new Float64Array(x.length);
  PIXELS_OF.bernoulli.addCosts(costs, logits, x, 0, 1);
  return { y: PIXELS_OF.bernoulli.mean(logits.slice()), costs, total: costs.reduce((sum, nats) => sum + nats, 0) };
}

/** x and its two reconstructions. @param {import("../kit.js").Digit} digit @param {Rebuilt[]} pair
 * @param {(letter: string, pixel: number, x: number, rebuilt: Rebuilt) => void} point */
function figuresOf({ x, title }, pair, point) {
  const original = element("figure", "", newPicture(x, 1), element("figcaption", "", `x: ${title}`));
  original.dataset.of = "x";
  return [original, ...pair.map((rebuilt, i) => {
    const canvas = newPicture(rebuilt.y, 1);
    const look = (/** @type {PointerEvent} */ { offsetX, offsetY }) => {
      const [column, row] = [offsetX, offsetY].map((place) => Math.floor((place / canvas.clientWidth) * PICTURE_SIDE));
      const pixel = Math.min(PICTURE_PIXELS - 1, Math.max(0, row * PICTURE_SIDE + column));
      point(LETTERS[i], pixel, x[pixel], rebuilt);
    };
    canvas.addEventListener("pointermove", look);
    canvas.addEventListener("pointerdown", look); // a finger does not hover
    const figure = element("figure", "", canvas, element("figcaption", "", `${LETTERS[i]}: y. Point at a pixel`));
    Object.assign(figure.dataset, { letter: LETTERS[i], of: "y" });
    return figure;
  })];
}

/** What each pixel costs, as a picture; an empty frame until the visitor has answered. */
function costMap() {
  const canvas = newPicture(new Float32Array(PICTURE_PIXELS), 1);
  const words = element("figcaption", "");
  const root = element("figure", "lse-cost-map", canvas, words);
  root.dataset.of = "cost";
  return {
    root,
    hide() {
      root.dataset.known = "false";
      words.textContent = "cost of each pixel: ?";
    },
    /** @param {Rebuilt} rebuilt @param {number} most nats of a white pixel */
    show({ costs, total }, most) {
      root.dataset.known = "true";
      drawPicture(canvas, costs, most);
      words.textContent = `${inNats(total)}; white: ${inNats(most)}`;
    },
  };
}

/** What a pixel costs by the probability that it is on, with the one that is pointed at. */
function surpriseChart() {
  const { width, height, most } = CHART;
  const [left, bottom] = [34, height - 24];
  const across = (/** @type {number} */ y) => left + y * (width - left - 8);
  const up = (/** @type {number} */ nats) => bottom - (Math.min(most, nats) / most) * (bottom - 8);
  const shares = Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);
  const curve = (/** @type {(y: number) => number} */ cost) => `M${shares.map((y) => `${across(y)} ${up(cost(y))}`).join("L")}`;
  const words = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ anchor, /** @type {string} */ content) => {
    const text = svg("text", { x, y, "text-anchor": anchor });
    text.textContent = content;
    return text;
  };
  const dot = svg("circle", { r: 6, class: "lse-surprise-dot" });
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "lse-surprise", role: "img", "aria-label": "nats of a pixel by y" });
  picture.append(
    svg("path", { d: `M${left} 8V${bottom}H${width - 8}`, class: "lse-surprise-axis" }),
    svg("path", { d: curve((y) => -Math.log(y)), class: "lse-surprise-on", "data-of": "on" }),
    svg("path", { d: curve((y) => -Math.log(1 - y)), class: "lse-surprise-off", "data-of": "off" }),
    words(across(0.1), 22, "start", "x = 1"),
    words(across(0.9), 22, "end", "x = 0"),
    words(across(0), height - 6, "middle", "0"),
    words(across(0.5), height - 6, "middle", "y"),
    words(across(1), height - 6, "end", "1"),
    words(left - 6, 18, "end", `${most}`),
    words(left - 6, bottom, "end", "0"),
    dot,
  );
  const sentence = element("figcaption", "");
  return {
    root: element("figure", "lse-surprise-figure", picture, sentence),
    /** @param {string} letter @param {number} pixel @param {number} x @param {Rebuilt} rebuilt */
    show(letter, pixel, x, { y, costs }) {
      dot.setAttribute("cx", String(across(y[pixel])));
      dot.setAttribute("cy", String(up(costs[pixel])));
      const place = `row ${Math.floor(pixel / PICTURE_SIDE) + 1}, column ${(pixel % PICTURE_SIDE) + 1}`;
      write(sentence, `${letter}, pixel in ${place}: x = ${x}, y = ${y[pixel].toFixed(3)}, so it costs ${costs[pixel].toFixed(2)} nats.`);
    },
  };
}

/** @param {number} guess @param {Rebuilt[]} pair @returns {import("../kit.js").Reveal} */
function revealOf(guess, pair) {
  const truth = pair[0].total > pair[1].total ? 0 : 1;
  const half = pixelsOfHalf(pair[truth].costs);
  return {
    ...{ guess: LETTERS[guess], truth: LETTERS[truth], guessed: `${LETTERS[guess]} costs more` },
    found: pair.map(({ total }, i) => `${LETTERS[i]}: ${inNats(total)}`).join(", "),
    distance: truth === guess ? "0 nats: right" : inNats(pair[truth].total - pair[guess].total),
    lesson:
      `${LETTERS[truth]} is the dearer one; ${half} of its 784 pixels pay half of that. A pixel that was sure and wrong pays most: ` +
      "a sharp picture in the wrong place can cost more than a blurred one.",
  };
}

/** How few pixels pay half of the cost. @param {Float64Array} costs */
function pixelsOfHalf(costs) {
  let left = costs.reduce((sum, nats) => sum + nats, 0) / 2;
  return costs.slice().sort().reverse().findIndex((nats) => (left -= nats) <= 0) + 1;
}
