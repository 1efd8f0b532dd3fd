// Inference by looking up: the button, and the q that was looked up beside the encoder's, in nats.

import { element } from "../../browser/ui/dom.js";
import { signed } from "../../browser/ui/ticks.js";
import { fixedPoints } from "../../browser/inference/fixed_points.js";
import { STEPS } from "../../browser/inference/lookup.js";
import { LEAST_SHARE, REACH } from "../../browser/inference/misplaced.js";
import { DECIMALS } from "./identity.js";

/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
/** @typedef {import("../../browser/inference/answers.js").LookedUp} LookedUp */
/** The measured averages of a model by name, see explorer/server/evidence.py. @typedef {Object<string, number>} Averages */

const FINE = 6765; // points of the finer measure, see models.lookup.POINTS
const IN_AVERAGES = 2; // decimals

export class LookUp {
  /** @param {HTMLElement} root of the page @param {AbortSignal} signal
   * @param {{evidence: Object<string, Averages>, turned: () => void}} given evidence: by the model's name */
  constructor(root, signal, { evidence, turned }) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.button = find(".lse-look-it-up");
    this.verdict = find(".lse-verdict");
    this.panel = find(".lse-look-up");
    this.words = find(".lse-look-up-words");
    this.misplaced = find(".lse-misplaced");
    this.evidence = evidence;
    this.on = false;
    /** @type {Inference | null} */
    this.answer = null;
    this.button.addEventListener("click", () => (this.turn(!this.on), turned()), { signal });
    this.show(null);
  }

  /** @param {boolean} on */
  turn(on) {
    this.on = on;
    this.show(this.answer);
  }

  /** The q to show: always where there is no encoder's. @returns {LookedUp | null} */
  get found() {
    const { answer, on } = this;
    return answer && (on || !answer.q) ? answer.looked_up : null;
  }

  /** @param {Inference | null} answer */
  show(answer) {
    this.answer = answer;
    const { found } = this;
    this.button.hidden = Boolean(answer && !answer.q);
    this.button.setAttribute("aria-pressed", String(this.on));
    this.panel.hidden = !found;
    this.verdict.textContent = found && answer?.elbo ? verdictOf(wonBy(found, answer.elbo.value)) : "";
    const averages = (answer && this.evidence[answer.model]) ?? {};
    this.words.replaceChildren(...(answer && found ? contentOf(answer, found, averages) : []));
    this.misplaced.textContent = answer?.looked_up ? wordsOfPlace(answer.looked_up, averages) : "";
  }
}

/** In nats; negative if the encoder's q is better. @param {LookedUp} found @param {number} elbo of the encoder's q */
function wonBy(found, elbo) {
  return found.elbo.value - elbo;
}

/** @param {Inference} answer @param {LookedUp} found @param {Averages} averages */
function contentOf(answer, found, averages) {
  const sentence = element("p", "", sentenceOf(answer, found));
  return [sentence, tableOf(answer, found, averages), element("p", "lse-quiet", costOf(found))];
}

/** @param {number} won in nats */
function verdictOf(won) {
  return won < 0 ? `Looking up lost ${inNats(-won)} nats` : `Looking up won ${inNats(won)} nats`;
}

/** @param {Inference} answer @param {LookedUp} found */
function sentenceOf({ q, elbo, log_evidence, unit }, found) {
  const own = `−ELBO is ${inNats(-found.elbo.value)} ${unit} with the q that was looked up`;
  if (!q || !elbo) return `This model has no encoder. ${own}; −log p(x) is ${inNats(-log_evidence)}.`;
  const both = `${own}, and ${inNats(-elbo.value)} with the encoder’s q.`;
  return wonBy(found, elbo.value) < 0 ? `${both} ${reasonOf(found, q.mean)}` : both;
}

/** Where the encoder's q is better. @param {LookedUp} found @param {number[]} mean of the encoder's q */
function reasonOf({ points }, [m1, m2]) {
  const z = fixedPoints(points);
  const distances = Array.from({ length: points }, (_, k) => Math.hypot(z[2 * k] - m1, z[2 * k + 1] - m2));
  return (
    "The encoder’s q is better here. The points are spread like the prior, and the nearest of them to the encoder’s mean " +
    `is ${Math.min(...distances).toPrecision(2)} units of z away. The fit stays near the point that it starts from.`
  );
}

/** -ELBO of this image, and beside it the average over all. @param {Inference} answer @param {LookedUp} found
 * @param {Averages} averages */
function tableOf(answer, found, averages) {
  const points = found.points.toLocaleString("en");
  const measured = "coarse_lookup_elbo" in averages;
  const fine = `the best of ${FINE.toLocaleString("en")} points, and ${STEPS} steps`;
  /** @type {[string, number | undefined, number | undefined][]} */
  const rows = [
    ["encoder’s q", answer.elbo?.value, averages.elbo],
    [`looked up: the best of ${points} points`, found.before.value, undefined],
    [`… and ${STEPS} steps of fitting`, found.elbo.value, averages.coarse_lookup_elbo],
    [fine, undefined, averages.lookup_elbo],
    ["−log p(x), which no q gets below", answer.log_evidence, averages.log_evidence],
  ];
  const shown = rows.filter(([, own, all]) => own !== undefined || (measured && all !== undefined));
  const heads = [`−ELBO, ${answer.unit}`, "this x", ...(measured ? [`all ${averages.images.toLocaleString("en")} test images`] : [])];
  const head = element("tr", "", ...heads.map((name) => element("th", "", name)));
  const body = shown.map(([name, own, all]) => {
    const cells = [cellOf(own, DECIMALS), ...(measured ? [cellOf(all, IN_AVERAGES)] : [])];
    return element("tr", "", element("th", "", name), ...cells);
  });
  return element("table", "", element("thead", "", head), element("tbody", "", ...body));
}

/** @param {number | undefined} elbo @param {number} decimals */
function cellOf(elbo, decimals) {
  return element("td", "", elbo === undefined ? "" : signed(-elbo, decimals));
}

/** @param {LookedUp} found */
function costOf({ points, decoded, milliseconds }) {
  const kept = decoded < points ? "were decoded before" : "are among them and are kept for the next x";
  const time = milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  return `It cost ${decoded.toLocaleString("en")} decoded points and ${time} in this browser. The ${points} points ${kept}.`;
}

/** A sentence if the encoder put x into the wrong place; "" if not. @param {LookedUp} found @param {Averages} averages */
function wordsOfPlace({ share }, { misplaced, images }) {
  if (share === null || share >= LEAST_SHARE) return "";
  const much = share < 0.0005 ? "less than 0.1 %" : inPercent(share);
  const rule = `${much} of p(z|x) lies within ${REACH} σ of its mean (limit: ${100 * LEAST_SHARE} %).`;
  const all = misplaced === undefined ? "" : ` So it is for ${inPercent(misplaced)} of all ${images.toLocaleString("en")} test images.`;
  return `The encoder put this x into the wrong place: ${rule}${all}`;
}

/** @param {number} share */
function inPercent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** @param {number} value */
function inNats(value) {
  return signed(value, DECIMALS);
}
