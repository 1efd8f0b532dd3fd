// The measures of a model: each with its name, unit, meaning and number format.

import { formatted, plusMinus } from "../../../browser/map/panel.js";

/** @typedef {import("../../../wire.js").Choice} Choice */
/** @typedef {import("../../../wire.js").Seed} Seed */
/** @typedef {import("../../../wire.js").Classifier} Classifier */
/** A row of the table; part: one of the two parts of KL; log: its sparkline has a logarithmic scale; widths: it depends
 * on the codes' sigma, and so on the lower bound of sigma if codes are there.
 * @typedef {{key: string, name: string, unit: string, words: string, print: (value: number) => string,
 *   tone?: string, part?: boolean, log?: boolean, widths?: boolean}} Measure */

const MIN_PRINTED = 0.0001;

const nats = (/** @type {number} */ value) => decimals(value, 1);
const length = (/** @type {number} */ value) => formatted(value, "units of z");
const hundredths = (/** @type {number} */ value) => decimals(value, 2);
const share = (/** @type {number} */ value) => decimals(100 * value, 1);
const count = (/** @type {number} */ value) => value.toFixed(0);
const tenths = (/** @type {number} */ value) => value.toFixed(1);

/** A number with this many decimals; smaller numbers keep two digits, down to a ten-thousandth.
 * @param {number} value @param {number} places */
function decimals(value, places) {
  const size = Math.abs(value);
  if (size && size < MIN_PRINTED) return `<${MIN_PRINTED}`;
  return (size && size < 0.1 ? value.toPrecision(2) : value.toFixed(places)).replace("-", "−");
}

/** Every measure, in the order of the table.
 * @param {number[]} images the numbers of images in the columns' averages @param {Classifier} classifier
 * @returns {Measure[]} */
export function measuresOf(images, classifier) {
  return [...lossTerms(images), ...shapesOfCodes(), ...qualities(classifier)];
}

/** The source of the split: Hoffman and Johnson, 2016, ELBO surgery,
 * http://approximateinference.org/accepted/HoffmanJohnson2016.pdf
 * @param {number[]} images @returns {Measure[]} */
function lossTerms(images) {
  const logs = [...new Set(images)].map((each) => `log ${each.toLocaleString("en")} = ${Math.log(each).toFixed(2)}`);
  const most = `the log of their number, ${logs.join(" or ")}`;
  const [reconstruction, kl] = ["reconstruction", "kl"].map((tone) => ({ unit: "nats", print: nats, tone }));
  Object.assign(kl, { widths: true });
  const part = { ...kl, print: hundredths, part: true, widths: false };
  return [
    {
      ...reconstruction,
      key: "reconstruction",
      name: "reconstruction",
      words: "E[−log p(x|z)]: what z does not tell about x",
    },
    { ...kl, key: "kl", name: "KL", words: "KL(q(z|x) ‖ p(z)): the cost of one image’s code", log: true },
    { ...part, key: "mutual_information", name: "I(x; z)", words: `how well z tells images apart; at most ${most}` },
    {
      ...part,
      key: "aggregate_kl",
      name: "KL(q(z) ‖ p(z))",
      words: "how far all codes together are from the prior",
      ...{ log: true, widths: true },
    },
    {
      key: "negative_elbo",
      name: "−ELBO",
      unit: "nats",
      print: nats,
      words: "reconstruction + KL, whatever the weight β",
      widths: true,
    },
  ];
}

/** @returns {Measure[]} */
function shapesOfCodes() {
  const inZ = { unit: "units of z", print: length, log: true };
  return [
    {
      ...inZ,
      key: "spread",
      name: "spread of the means",
      words: "standard deviation over the images; the prior has 1",
    },
    {
      ...inZ,
      key: "mean_sigma",
      name: "mean σ of q(z|x)",
      words: "mean half-axis of the ellipses; the prior has 1",
      widths: true,
    },
    {
      key: "active_units",
      name: "active units",
      unit: "of 2",
      print: count,
      words: "dimensions whose mean has a variance over 0.01",
    },
    {
      key: "overlap",
      name: "overlap of ellipses",
      unit: "%",
      print: share,
      words: "Bhattacharyya coefficient, mean of all pairs of images",
      ...{ log: true, widths: true },
    },
    {
      ...{ key: "holes", name: "holes", unit: "%", print: share, widths: true },
      words: "share of the prior more than 3 σ from every code",
    },
  ];
}

/** @param {Classifier} classifier @returns {Measure[]} */
function qualities({ test_accuracy, sure, draws }) {
  const accuracy = test_accuracy === null ? "" : ` (${share(test_accuracy)} % right on test images)`;
  const judge = `a classifier${accuracy} is at least ${Math.round(100 * sure)} % sure of, whichever digit`;
  return [
    {
      ...{ key: "sure_share", name: "confident prior draws", unit: "%", print: share },
      words: `of ${draws.toLocaleString("en")} z ~ N(0, I), decoded: those ${judge}`,
    },
    {
      ...{ key: "drawn_classes", name: "digits among the draws", unit: "of 10", print: tenths },
      words: "how many different digits the classifier sees (perplexity); 1 if all are one digit",
    },
    {
      ...{ key: "neighbour_accuracy", name: "neighbours’ accuracy", unit: "%", print: share },
      words: "class predicted from the 15 nearest means",
    },
  ];
}

/** @param {Choice} choice @param {string} key @returns {number | undefined} undefined if it is not measured */
export function valueOf({ measures, metrics }, key) {
  const value = measures?.[key] ?? metrics[key];
  return key === "negative_elbo" ? (value ?? metrics.reconstruction + metrics.kl) : value;
}

/** The number after ±: the standard deviation between binarisations, or the standard error of a share.
 * @param {Choice} choice @param {Measure} measure
 * @param {string} text the value as printed */
export function spreadOf(choice, { key, unit }, text) {
  const sd = valueOf(choice, `${key}_sd`);
  return plusMinus(text, unit === "%" && sd ? 100 * sd : sd);
}

/** Whether a figure depends on the lower bound of sigma and not on the data. @param {Choice} choice
 * @param {Measure} measure */
export function measuresFloor({ metrics }, { widths }) {
  return Boolean(widths && metrics.at_least_sigma);
}

/** The measures of all seeds of a shipped model's recipe, including its own seed 0.
 * @param {Choice} choice @param {Seed[]} seeds */
export function siblingsOf(choice, seeds) {
  if (!choice.from_scratch) return [];
  const others = seeds.filter(({ beta }) => beta === choice.beta);
  const own = others.some(({ seed }) => seed === 0) ? [] : [{ ...choice.metrics, ...choice.measures }];
  return [...own, ...others.map(({ measures }) => measures)];
}

/** The range over seeds. @param {Choice} choice @param {Seed[]} seeds @param {Measure} measure
 * @returns {[number, number] | null} null for fewer than two seeds, and if the figure depends on the lower bound of
 * sigma */
export function rangeOf(choice, seeds, measure) {
  if (measuresFloor(choice, measure)) return null;
  const values = siblingsOf(choice, seeds)
    .map((each) => each[measure.key])
    .filter(Number.isFinite);
  return values.length > 1 ? [Math.min(...values), Math.max(...values)] : null;
}

/** The given models and the two chosen ones, without duplicates. @param {Choice[]} models @param {Choice[]} chosen */
export function withChosen(models, chosen) {
  const known = new Set(models.map(({ name }) => name));
  return [...models, ...chosen.filter(({ name }) => !known.has(name) && known.add(name))];
}
