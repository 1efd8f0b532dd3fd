// Scene 5: a KL term that is too strong. The visitor guesses which digits survive; the dial answers.

import { button } from "../kit.js";
import { CODES, Plot } from "../plot.js";
import { DialTrack } from "../../../browser/map/dial_track.js";
import { DialModels } from "../../../browser/map/dial_model.js";
import { followingView } from "../../../browser/map/view.js";
import { element, write } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../../../browser/net/classifier.js").Classifier} Classifier */
/** @typedef {import("../../../browser/map/loading.js").Loaded} Loaded */

const OFF = "mnist-beta-0"; // the dial's end stop, which no logarithm reaches
const ASKED = [10, 30]; // KL weights
const IMAGES = 30; // of each class, that are decoded to see whether the class survives
const MOST = 0.5;
/** Of all digits and of none. @type {Object<number, string>} */
const NAMES = { 0: "none", 10: "all" };
const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 5,
  name: "Too strong",
  claim: "A KL term that is too strong costs more than a code can save: all codes become the prior.",
  question: `Which digits survive at β = ${ASKED.join(", and which at β = ")}? Press those that stay readable.`,
  formula: [
    { symbols: "ℓ_i", means: "loss of image i" },
    { symbols: "=" },
    { symbols: "𝔼_{q}[−log p(x_i|z)]", means: "reconstruction", tone: "reconstruction", of: "pictures" },
    { symbols: "+" },
    { symbols: "β", means: "weight: the dial", of: "dial" },
    { symbols: "·" },
    { symbols: "KL(q(z|x_i)‖p(z))", means: "what a code costs", tone: "kl", of: "codes" },
  ],
  async mount(picture, answer, kit) {
    if (!kit.data.dial) throw new Error("There is no dial.");
    const models = new DialModels(kit.data.dial);
    const [dial, classifier] = await Promise.all([models.load(), kit.classifier()]);
    if (kit.signal.aborted) return;
    const plot = new Plot(picture, kit, { caption: `${CODES} Rings: 1 σ of some.` });
    plot.scene.stage.dataset.of = "codes";
    const digits = digitRow();
    const numbers = element("p", "lse-live");
    const box = element("div", "lse-scene-dial");
    box.dataset.of = "dial";
    const track = new DialTrack(box, kit.data.models, kit.signal, (beta) => void (beta ? turn(beta) : turnOff()));
    const slider = track.lay(models);
    const turn = (/** @type {number} */ beta) => {
      const loaded = dial.at(beta);
      plot.show(loaded, followingView(loaded.reach));
      digits.show(loaded);
      write(numbers, numbersOf(beta, models.metricsAt(beta)));
      slider.show(beta);
    };
    const turnOff = async () => {
      const off = await kit.load(OFF);
      if (kit.signal.aborted) return;
      digits.show(off);
      write(numbers, numbersOf(0, kit.model(OFF).metrics));
      await plot.glideTo(off, followingView(off.reach));
    };
    picture.append(element("div", "lse-beside", digits.root, numbers, box));
    const rows = ASKED.map((beta) => toggles(beta));
    const go = button("Turn the dial", () => void judge(), "lse-main");
    answer.append(...rows.map(({ root }) => root), go);
    const judge = async () => {
      go.disabled = true;
      const truths = ASKED.map((beta) => survivors(dial.at(beta), classifier));
      rows.forEach((row, i) => row.judge(truths[i]));
      turn(slider.value);
      slider.go(ASKED[0], true);
      kit.reveal(revealOf(rows.map((row) => row.chosen), truths));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (!kit.signal.aborted) slider.go(ASKED[1], true);
    };
    turn(1);
  },
};

/** @param {number} beta @param {Object<string, number>} metrics */
function numbersOf(beta, { reconstruction, kl }) {
  return `β = ${Number(beta.toPrecision(2))}: reconstruction ${reconstruction.toFixed(1)}, KL ${kl.toFixed(1)} nats per image`;
}

const PAUSE_MS = 4000; // at the first weight, before the dial turns to the second

/** Each class, decoded at the middle of its codes. */
function digitRow() {
  const pictures = Array.from({ length: 10 }, () => newPicture(new Float32Array(PICTURE_PIXELS), 1));
  const root = element("div", "lse-ten", ...pictures);
  root.dataset.of = "pictures";
  return {
    root: element("figure", "", root, element("figcaption", "", "decoded at the median code of each class, 0 to 9")),
    /** @param {Loaded} loaded */
    show({ decoder, labelPositions }) {
      pictures.forEach((picture, digit) => drawPicture(picture, decoder.decode(Float32Array.from(labelPositions[digit])), 1));
    },
  };
}

/** A button for each digit. @param {number} beta */
function toggles(beta) {
  /** @type {Set<number>} */
  const chosen = new Set();
  const buttons = Array.from({ length: 10 }, (_, digit) => {
    const made = button(String(digit), () => {
      if (!chosen.delete(digit)) chosen.add(digit);
      made.setAttribute("aria-pressed", String(chosen.has(digit)));
    });
    made.setAttribute("aria-pressed", "false");
    made.setAttribute("aria-label", `digit ${digit} survives at beta ${beta}`);
    return made;
  });
  const root = element("div", "lse-toggles", element("span", "", `β = ${beta}`), ...buttons);
  root.dataset.testid = `survive-${beta}`;
  return {
    root,
    chosen,
    /** @param {number[]} truth */
    judge(truth) {
      buttons.forEach((made, digit) => (made.dataset.truth = String(truth.includes(digit))));
    },
  };
}

/** The classes that a classifier still tells: most of their decoded images are read as that digit, and most of the images
 * that are read as that digit are theirs. @param {Loaded} loaded @param {Classifier} classifier @returns {number[]} */
function survivors({ mean, label, decoder }, classifier) {
  const read = DIGITS.map(() => new Uint32Array(10)); // [class][digit]
  for (const digit of DIGITS) {
    const images = Array.from(label.keys()).filter((image) => label[image] === digit).slice(0, IMAGES);
    for (const image of images) {
      const probabilities = classifier.probabilities(decoder.decode(mean.slice(2 * image, 2 * image + 2)));
      read[digit][probabilities.indexOf(Math.max(...probabilities))]++;
    }
  }
  return DIGITS.filter((digit) => {
    const asDigit = read.reduce((sum, row) => sum + row[digit], 0);
    return read[digit][digit] > MOST * Math.max(IMAGES, asDigit);
  });
}

/** @param {Set<number>[]} guesses @param {number[][]} truths @returns {import("../kit.js").Reveal} */
function revealOf(guesses, truths) {
  const wrong = truths.map((truth, i) => DIGITS.filter((digit) => truth.includes(digit) !== guesses[i].has(digit)).length);
  const named = (/** @type {Iterable<number>} */ digits) => NAMES[[...digits].length] ?? [...digits].sort().join(" ");
  const both = (/** @type {Iterable<number>[]} */ sets) => sets.map((digits, i) => `β = ${ASKED[i]}: ${named(digits)}`).join("; ");
  const bare = (/** @type {Iterable<number>[]} */ sets) => sets.map((digits) => [...digits].sort().join("")).join("|");
  return {
    ...{ guess: bare(guesses), truth: bare(truths), guessed: both(guesses), found: both(truths) },
    distance: `${wrong.reduce((a, b) => a + b)} of 20 digits`,
    lesson:
      `Outlined digits survive: of ${IMAGES} test images a class, decoded at their means, a classifier tells most from the others. ` +
      "Each ellipse grows until it is the prior; then z tells nothing of x, and the decoder draws one picture for all.",
  };
}
