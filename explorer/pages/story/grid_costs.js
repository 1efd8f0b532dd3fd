// What log p(x) costs where z has more numbers: a grid of points beside draws of the encoder's q, measured on small VAEs.

import { element } from "../../browser/ui/dom.js";

/** @typedef {import("../../wire.js").Dimensions} Dimensions */

const SLIDER = { least: 4, most: 40, step: 0.25, first: 7 }; // powers of ten
const WRITTEN_OUT = 1e7; // numbers below it
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** @type {[string, number][]} in seconds */
const UNITS = [["years", 365.25 * 86_400], ["days", 86_400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];

/** @param {Dimensions[]} rows @param {(numbers: number) => boolean} tells whether the grid's size may be told */
export function costTable(rows, tells) {
  const [first] = rows;
  const head = ["numbers", "grid points", "log p(x)", `bound, ${count(first.draws)} draws`];
  const body = rows.map((row) => {
    const { numbers, grid_points, grid_log_evidence: exact, importance_bound: bound } = row;
    const cells = [String(numbers), tells(numbers) ? inPowers(grid_points) : "?", exact === null ? "–" : nats(exact), nats(bound)];
    return element("tr", "", ...cells.map((words) => element("td", "", words)));
  });
  const beyond = rows.filter(({ grid_log_evidence: exact }) => exact === null).map(({ numbers }) => numbers);
  const caption = `Small VAEs, ${first.images} test images, nats. The grids of ${beyond.join(" and ")} numbers are extrapolated.`;
  const heads = element("tr", "", ...head.map((words) => element("th", "", words)));
  return element("table", "lse-rungs lse-costs", element("caption", "", caption), element("thead", "", heads), element("tbody", "", ...body));
}

/** @param {string} question */
export function pointsSlider(question) {
  const { least, most, step, first } = SLIDER;
  const input = /** @type {HTMLInputElement} */ (element("input", ""));
  const words = element("output", "");
  Object.assign(input, { type: "range", min: String(least), max: String(most), step: String(step), value: String(first) });
  const points = () => 10 ** Number(input.value);
  const show = () => {
    words.textContent = `${inPowers(points())} points`;
    input.setAttribute("aria-valuetext", words.textContent);
  };
  input.addEventListener("input", show);
  show();
  return { root: element("label", "lse-radius", question, input, words), points };
}

/** @param {number} guess points @param {Dimensions[]} rows @param {number} asked numbers in z
 * @param {number} seconds of decoding one point here @returns {import("./kit.js").Reveal} */
export function revealOf(guess, rows, asked, seconds) {
  const { grid_points: truth, along_each_axis: along } = /** @type {Dimensions} */ (rows.find(({ numbers }) => numbers === asked));
  const powers = Math.abs(Math.log10(guess / truth));
  return {
    ...{ guess: guess.toPrecision(3), truth: truth.toPrecision(3) },
    ...{ guessed: `${inPowers(guess)} points`, found: `${inPowers(truth)} points` },
    distance: `a factor of ${inPowers(Number((10 ** powers).toPrecision(2)))}`,
    lesson:
      `Each further number multiplies the grid by ${along}: the cost is exponential. These points would take this computer ` +
      `${inTime(truth * seconds)}. ${drawsInstead(rows)}`,
  };
}

/** @param {Dimensions[]} rows */
function drawsInstead(rows) {
  const below = rows.flatMap(({ grid_log_evidence: exact, importance_bound: bound }) => (exact === null ? [] : [(exact - bound).toFixed(1)]));
  const beyond = rows.filter(({ grid_log_evidence: exact }) => exact === null);
  const counts = beyond.map(({ numbers, effective_draws: effective }) => `${effective.toFixed(0)} with ${numbers} numbers`);
  return (
    `${count(rows[0].draws)} draws of the encoder's q need no grid. Their bound is ${below.join(" and ")} nats below log p(x) ` +
    `where a grid can check it. How far elsewhere is not known: there few of the draws count, ${counts.join(", ")}.`
  );
}

/** @param {number} seconds */
function inTime(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[UNITS.length - 1];
  return `${inPowers(Number((seconds / length).toPrecision(2)))} ${unit}`;
}

/** A number, from WRITTEN_OUT on as a power of ten. @param {number} value */
function inPowers(value) {
  if (value < WRITTEN_OUT) return count(value);
  const power = Math.floor(Math.log10(value));
  return `${(value / 10 ** power).toFixed(1)}\u00a0·\u00a010${Array.from(String(power), (digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** @param {number} value */
function nats(value) {
  return value.toFixed(1).replace("-", "−");
}
