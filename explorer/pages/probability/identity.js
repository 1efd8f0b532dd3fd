// The identity log p(x) = ELBO + KL(q || p(z|x)), as bars on one axis of nats and as numbers.

import { element } from "../../browser/ui/dom.js";
import { atMost, signed, ticksBetween, tiny } from "../../browser/ui/ticks.js";

/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
/** @typedef {import("../../browser/inference/answers.js").LookedUp} LookedUp */
/** @typedef {Pick<Inference, "elbo" | "kl">} Bounded */
/** A piece of the axis, in nats. @typedef {{low: number, high: number}} Strip */
/** A part of a bar; to: its end, in nats. @typedef {{to: number, tone: string, title: string}} Piece */

const WIDTHS = [1, 2, 5].flatMap((factor) => [-3, -2, -1, 0, 1, 2, 3, 4].map((power) => factor * 10 ** power));
const SHARE = 0.7; // the maximum share of the axis for a gap
const BEYOND = 0.04; // the share of the axis right of log p(x)
const TICKS_WANTED = 5;
export const DECIMALS = 3;

/** The part of the axis that shows the gap; its width is a round number.
 * @param {number} log_evidence @param {number[]} gaps of which the largest is shown, in nats @returns {Strip} */
export function stripOf(log_evidence, gaps) {
  const gap = gaps.length ? Math.max(...gaps, 1e-3) : 1;
  const width = Math.min(...WIDTHS.filter((each) => SHARE * each >= gap), 1e5);
  const high = log_evidence + BEYOND * width;
  return { low: high - width, high };
}

/** A bar from the axis's start to the end of the last piece. @param {Strip} strip @param {string} name
 * @param {Piece[]} pieces */
export function barOf({ low, high }, name, pieces) {
  const shareOf = (/** @type {number} */ nats) => Math.min(1, Math.max(0, (nats - low) / (high - low)));
  let from = 0;
  const parts = pieces.map(({ to, tone, title }) => {
    const part = element("i", `lse-piece-${tone}`);
    part.title = title;
    part.style.width = `${100 * Math.max(0, shareOf(to) - from)}%`;
    from = Math.max(from, shareOf(to));
    return part;
  });
  return element("div", "lse-nats-row", element("small", "", name), element("div", "lse-nats-bar", ...parts));
}

/** @param {Strip} strip @param {string} unit */
export function axisOf({ low, high }, unit) {
  const ticks = ticksBetween(low, high, TICKS_WANTED).map(({ value, text }) => {
    const tick = element("span", "", text);
    tick.style.left = `${(100 * (value - low)) / (high - low)}%`;
    return tick;
  });
  return element("div", "lse-nats-row", element("small", "", unit), element("div", "lse-nats-axis", ...ticks));
}

/** A number below its name. @param {string} tone @param {string} name @param {number} value */
export function figureOf(tone, name, value) {
  return element(
    "span",
    tone && `lse-figure lse-figure-${tone}`,
    `${name} `,
    element("b", "", signed(value, DECIMALS)),
  );
}

export class Identity {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.bars = /** @type {HTMLElement} */ (root.querySelector(".lse-identity-bars"));
    this.words = /** @type {HTMLElement} */ (root.querySelector(".lse-identity-words"));
  }

  /** The numbers are those of the encoder's q, or without one of the q that was looked up.
   * @param {Inference | null} answer @param {LookedUp | null} found the q that was looked up, if it is to be shown */
  show(answer, found) {
    this.bars.replaceChildren(...(answer ? rowsOfIdentity(answer, found) : []));
    this.words.replaceChildren(...(answer ? sentencesOf({ ...answer, ...boundsOf(answer) }) : []));
  }
}

/** Those of the encoder's q, or without one of the q that was looked up. @param {Inference} answer
 * @returns {Pick<Inference, "elbo" | "reconstruction" | "kl_prior" | "kl">} */
export function boundsOf(answer) {
  const { elbo, reconstruction, kl_prior, kl } = (!answer.q && answer.looked_up) || answer;
  return { elbo, reconstruction, kl_prior, kl };
}

/** @param {Inference} answer @param {LookedUp | null} found */
function rowsOfIdentity(answer, found) {
  const { q, log_evidence } = answer;
  /** @type {[string, Bounded | null][]} */
  const both = [[q && found ? "encoder’s q" : "ELBO + KL", q && answer], [q ? "looked up" : "ELBO + KL", found]];
  const strip = stripOf(log_evidence, both.flatMap(([, bounds]) => bounds?.kl?.value ?? []));
  const sums = both.flatMap(([name, bounds]) => (bounds?.elbo && bounds.kl ? [sumBar(strip, name, bounds.elbo.value, bounds.kl.value)] : []));
  const exact = [{ to: log_evidence, tone: "evidence", title: "log p(x) by quadrature" }];
  return [...sums, barOf(strip, "log p(x)", exact), axisOf(strip, answer.unit)];
}

/** @param {Strip} strip @param {string} name @param {number} elbo @param {number} kl */
function sumBar(strip, name, elbo, kl) {
  const pieces = [
    { to: elbo, tone: "elbo", title: "ELBO" },
    { to: elbo + kl, tone: "divergence", title: "KL(q ‖ p(z|x))" },
  ];
  return barOf(strip, name, pieces);
}

/** @param {Inference} answer with the bounds to show */
function sentencesOf(answer) {
  const { elbo, kl, log_evidence, evidence_error, missed } = answer;
  const precision = `numerical error about ${atMost(evidence_error)} nats`;
  const outside = `at most a share of ${atMost(missed)} of p(x) lies outside the grid`;
  const found = figureOf("evidence", "log p(x)", log_evidence);
  const exact = element("p", "", found, ` by quadrature; ${precision}; ${outside}.`);
  if (!elbo || !kl) {
    const alone = "p(z|x) and log p(x) are computed without a q.";
    return [exact, element("p", "lse-quiet", `${alone} The numbers are ${answer.unit}.`)];
  }
  const sum = elbo.value + kl.value;
  const terms = [figureOf("elbo", "ELBO", elbo.value), " + ", figureOf("divergence", "KL(q ‖ p(z|x))", kl.value)];
  const total = element("p", "", ...terms, " = ", element("b", "", signed(sum, DECIMALS)), ` ${answer.unit}`);
  const errors = `about ${atMost(elbo.error)} in the ELBO and ${atMost(kl.error)} in KL`;
  exact.append(` The sum differs from it by ${tiny(Math.abs(sum - log_evidence))} nats; numerical error ${errors}.`);
  return [total, exact, partsOfElbo(answer, answer.unit)];
}

/** The two terms of the loss, in their colours. @param {Inference} answer @param {string} unit */
function partsOfElbo({ reconstruction, kl_prior, elbo }, unit) {
  if (reconstruction === null || kl_prior === null || !elbo) return "";
  const first = element("span", "lse-reconstruction", `E[−log p(x|z)] ${signed(reconstruction, DECIMALS)}`);
  const second = element("span", "lse-kl", `KL(q ‖ p(z)) ${signed(kl_prior, DECIMALS)}`);
  const torn = element(
    "small",
    "",
    " The axis does not start at 0. Rounded separately, so sums may differ in the last digit.",
  );
  return element("p", "", "−ELBO = ", first, " + ", second, ` = ${signed(-elbo.value, DECIMALS)} ${unit}.`, torn);
}
