// The K-sample bound for more and more draws, of the encoder's q and of the prior, up to the exact log p(x).

import { element } from "../../browser/ui/dom.js";
import { loadPlotly } from "../../browser/ui/plotly.js";
import { canvasOfImage, saveButtons } from "../../browser/ui/saving.js";
import { POOL } from "../../browser/inference/importance.js";
import { boundRange, curvesFigure, distanceOf, inNats } from "./curves_figure.js";

/** @typedef {import("./curves_figure.js").Answer} Answer */
/** @typedef {Answer & {curves: import("./curves_figure.js").Sampled}} Drawn */
/** @typedef {import("./curves_figure.js").Curve} Curve */
/** @typedef {import("./curves_figure.js").CurvesInk} CurvesInk */

const CONFIG = { displayModeBar: false, responsive: false };
const SOURCE_OF_BOUND = "https://arxiv.org/abs/1509.00519";
const FIRST_PRESS = `Draw 2 × ${POOL.toLocaleString("en")} samples`;
const RESAMPLING = "Where the draws make fewer than 100 groups, the bands are of 100 groups drawn from them again.";
const NEAR = 1; // nats: an effective sample size is meaningful if the bound is this near log p(x)
const STANDARD_ERRORS = 2; // a smaller difference may be noise

export class Curves {
  /** @param {HTMLElement} root to fill @param {{draw: () => void}} acts draw: request the curves */
  constructor(root, { draw }) {
    this.root = root;
    this.end = new AbortController();
    /** @type {Answer | null} */
    this.answer = null;
    /** @type {CurvesInk | null} */
    this.ink = null;
    this.waiting = false;
    this.drawn = "";
    this.press = /** @type {HTMLButtonElement} */ (element("button", "", FIRST_PRESS));
    this.press.type = "button";
    this.press.addEventListener("click", () => {
      this.waiting = true;
      this.showState();
      draw();
    });
    this.save = saveButtons({
      name: "importance sampling",
      of: () => subjectOf(this.answer),
      png: () => this.picture(),
      csv: () => this.rows(),
    });
    this.lines = /** @type {any} */ (element("div", "lse-curves-lines"));
    this.hint = element("p", "");
    this.place = element("div", "lse-curves-place", this.hint);
    this.chart = element("div", "lse-curves-chart", this.lines, this.place);
    this.caption = element("p", "lse-quiet");
    this.head = element("header", "lse-figure-head", element("h3", "", "Importance sampling"), this.save);
    root.replaceChildren(this.head, lessonOfBound(), this.chart, this.caption, sizeDetails());
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.chart);
    this.showState();
  }

  /** @param {string} url of Plotly */
  async load(url) {
    const plotly = await loadPlotly(url);
    if (this.end.signal.aborted) return;
    this.plotly = plotly;
    this.draw();
  }

  /** @param {Answer | null} answer @param {CurvesInk} ink */
  show(answer, ink) {
    this.waiting &&= isOfOne(answer, this.answer) && !answer?.curves;
    [this.answer, this.ink] = [answer, ink];
    this.showState();
    this.draw();
  }

  /** @returns {Drawn | null} */
  get curves() {
    return this.answer?.curves ? /** @type {Drawn} */ (this.answer) : null;
  }

  showState() {
    const { answer, curves, waiting } = this;
    // One question at a time: the curves wait for the fits.
    this.press.disabled = waiting || !answer || !answer.fits;
    this.press.textContent = waiting ? "Drawing…" : curves ? "Draw again" : FIRST_PRESS;
    this.save.hidden = this.caption.hidden = !curves;
    this.lines.hidden = !curves;
    this.place.hidden = Boolean(curves);
    this.hint.textContent = answer
      ? "How close does sampling come to the result of quadrature?"
      : "Choose an image x first.";
    if (curves) this.save.before(this.press);
    else this.place.append(this.press);
    this.root.dataset.waiting = String(waiting);
    if (!curves) this.root.dataset.ready = "false";
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.chart;
    const { curves, ink, plotly } = this;
    if (!plotly || !curves || !ink || !width || this.end.signal.aborted) return;
    const wanted = JSON.stringify([curves, width, height, ink]);
    if (wanted !== this.drawn) {
      const { data, layout } = curvesFigure(curves, { width, height }, ink);
      plotly.react(this.lines, data, layout, CONFIG);
    }
    this.drawn = wanted;
    this.caption.textContent = captionOf(curves);
    this.root.dataset.ready = "true";
  }

  /** The picture rendered by Plotly. */
  async picture() {
    const { clientWidth: width, clientHeight: height } = this.chart;
    const ink = /** @type {CurvesInk} */ (this.ink);
    const { data, layout } = curvesFigure(/** @type {Drawn} */ (this.curves), { width, height }, ink);
    const figure = { data, layout: { ...layout, paper_bgcolor: ink.paper } };
    const url = await this.plotly.toImage(figure, { format: "png", width, height, scale: 2 });
    return canvasOfImage(url, 2 * width, 2 * height, 1);
  }

  /** @returns {import("../../browser/ui/saving.js").Rows} */
  rows() {
    const { curves, unit, log_evidence: exact } = /** @type {Drawn} */ (this.curves);
    const names = [`bound (${unit})`, "10 %", "90 %", "standard error", "effective sample size", "10 %", "90 %"];
    const rows = proposalsOf(curves).flatMap(([proposal, curve]) => {
      return curves.draws.map((draws, i) => {
        const { bound, low, high, error, effective, effective_low, effective_high } = curve;
        const columns = [bound, low, high, error, effective, effective_low, effective_high];
        const values = columns.map((column) => column[i]);
        return [proposal, draws, ...values, exact, curves.pool];
      });
    });
    return [["proposal", "K", ...names, `log p(x) (${unit})`, "draws in all"], ...rows];
  }

  destroy() {
    this.end.abort();
    this.observer.disconnect();
    this.plotly?.purge(this.lines);
  }
}

/** Whether two answers are about the same x and model. @param {Answer | null} one @param {Answer | null} other */
function isOfOne(one, other) {
  return one?.model === other?.model && one?.image === other?.image && one?.x === other?.x;
}

/** @param {import("./curves_figure.js").Sampled} curves @returns {[string, import("./curves_figure.js").Curve][]} */
function proposalsOf({ encoder, prior }) {
  return [...(encoder ? [/** @type {[string, typeof encoder]} */ (["encoder’s q", encoder])] : []), ["prior", prior]];
}

/** @param {Drawn} answer */
function captionOf(answer) {
  const { curves, log_evidence: exact } = answer;
  const ends = proposalsOf(curves).map(([proposal, curve]) => `${proposal} ${endOfCurve(curve, exact)}`);
  const clipped = curves.prior.bound[0] < boundRange(answer)[0];
  const hidden = clipped ? ` Below the axis: the prior’s ${inNats(curves.prior.bound[0])} nats at K = 1.` : "";
  const most = `K = ${curves.draws[curves.draws.length - 1].toLocaleString("en")}`;
  const [count, all] = [curves.pool, POOL].map((each) => each.toLocaleString("en"));
  const pool = curves.pool < POOL ? `the first ${count} of ${all}` : count;
  const spread = `From ${pool} draws of each: means, and bands with the middle 80 %, of groups of K draws. ${RESAMPLING}`;
  return `${spread} At ${most} (± standard error): ${ends.join("; ")}.${hidden}`;
}

/** The bound at the largest K, and its effective sample size. @param {Curve} curve @param {number} exact */
function endOfCurve({ bound, error, effective }, exact) {
  const last = bound.length - 1;
  const gap = Math.abs(exact - bound[last]);
  const noise = gap <= STANDARD_ERRORS * error[last] ? ", within the noise" : "";
  const count = Number(effective[last].toPrecision(2)).toLocaleString("en");
  const size = gap <= NEAR ? `effective size ${count}` : "too far for its effective size to mean anything";
  return `${distanceOf(bound[last], exact).replace(" nats", ` ± ${inNats(error[last])} nats`)}${noise}, ${size}`;
}

function lessonOfBound() {
  const link = element("a", "", "Burda et al., 2016");
  Object.assign(link, { href: SOURCE_OF_BOUND, target: "_blank", rel: "noopener" });
  const words =
    "The mean weight p(x, z) / r(z) of K draws of a proposal r estimates p(x); the mean of its logarithm is a lower bound";
  return element(
    "p",
    "",
    `${words} that rises with K to log p(x) (`,
    link,
    "). With the encoder’s q, K = 1 is the ELBO. A mean above log p(x) is noise of the draws.",
  );
}

function sizeDetails() {
  const summary = element("summary", "", "What the effective sample size says");
  const words =
    "(Σ w)² / Σ w² of the K weights w (Kong, 1992): the number of equal weights that would estimate equally well. It is K, " +
    "on the dashed diagonal, where the proposal is the posterior, and near 1 where one weight is larger than all others " +
    "together. Few draws of the prior fall where x is likely. Draws of the encoder’s q do, but its tails can be too light. " +
    "It counts the draws that came, not the mass of p(z|x) that they missed: a q in the wrong place can have a large one. " +
    "So read it only where the bound beside it is near log p(x).";
  return element("details", "lse-fold", summary, element("p", "", words));
}

/** The model and image of an answer, for file names. @param {Answer | null} answer */
function subjectOf(answer) {
  if (!answer) return [];
  return [answer.model, answer.image < 0 ? "drawing" : `test image ${answer.image}`];
}
