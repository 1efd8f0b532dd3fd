// The fit of q to a single image, step by step from the q that was looked up, and the two gaps of the encoder's q.

import { element } from "../../browser/ui/dom.js";
import { axisOf, barOf, figureOf, stripOf } from "./identity.js";

/** @typedef {import("../../browser/inference/answers.js").Inference} Inference */
/** @typedef {import("../../browser/inference/best_q.js").Fit} Fit */

const STEP_MS = 250; // the maximum time per step, for fits with few steps
const PLAY_MS = 4000; // the maximum duration of a playback
const STUCK_NATS = 0.05;
const STUCK =
  "This fit ends in a smaller mode of p(z|x), where the looked-up q lies. The best q, fitted from the mean and covariance " +
  "of p(z|x), lies in another mode. The gaps are computed with that best q.";

export class Fitting {
  /** @param {HTMLElement} root @param {AbortSignal} signal
   * @param {{stepped: (q: import("../../browser/inference/gaussian.js").Gaussian | null) => void, changed: () => void}} act */
  constructor(root, signal, act) {
    this.root = root;
    this.signal = signal;
    this.act = act;
    this.full = false;
    this.step = -1; // no fit is shown
    this.playing = 0;
    /** @type {Inference | null} */
    this.answer = null;
    const find = (/** @type {string} */ selector) => /** @type {any} */ (root.querySelector(selector));
    this.button = /** @type {HTMLButtonElement} */ (find("button"));
    this.slider = /** @type {HTMLInputElement} */ (find("input[type=range]"));
    this.box = /** @type {HTMLInputElement} */ (find("input[type=checkbox]"));
    this.bars = /** @type {HTMLElement} */ (find(".lse-fit-bars"));
    this.words = /** @type {HTMLElement} */ (find(".lse-fit-words"));
    this.output = /** @type {HTMLElement} */ (find("output"));
    this.button.addEventListener("click", () => this.press(), { signal });
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)), { signal });
    this.box.addEventListener("change", () => this.turnFull(this.box.checked), { signal });
  }

  /** @returns {Fit | null} */
  get fit() {
    return this.answer?.fits?.[this.full ? "full" : "diagonal"] ?? null;
  }

  /** q after the current step. @returns {import("../../browser/inference/gaussian.js").Gaussian | null} */
  get fitted() {
    const { fit, step } = this;
    return fit && step >= 0 ? { mean: fit.mean[step], tril: fit.tril[step] } : null;
  }

  /** @param {Inference | null} answer @param {boolean} fresh whether the image or model has changed */
  show(answer, fresh) {
    this.answer = answer;
    if (fresh) {
      this.stop();
      this.step = -1;
    }
    this.draw();
  }

  /** @param {boolean} full */
  turnFull(full) {
    const ended = this.step === this.last;
    this.full = this.box.checked = full;
    // The two fits take different numbers of steps.
    this.seek(ended ? this.last : Math.min(this.step, this.last));
    this.act.changed();
  }

  /** @returns {number} the index of the last step, or -1 if there is no fit */
  get last() {
    return (this.fit?.mean.length ?? 0) - 1;
  }

  press() {
    if (this.playing) return this.stop();
    const { last } = this;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.seek(last);
    this.step = 0;
    const start = performance.now();
    const pace = Math.min(STEP_MS, PLAY_MS / last);
    const frame = (/** @type {number} */ now) => {
      if (this.signal.aborted || !this.playing) return;
      const step = Math.min(last, Math.floor(Math.max(0, now - start) / pace));
      this.playing = step < last ? requestAnimationFrame(frame) : 0;
      if (step !== this.step || !this.playing) this.goTo(step);
    };
    this.playing = requestAnimationFrame(frame);
    this.goTo(0);
  }

  stop() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.draw();
  }

  /** @param {number} step */
  seek(step) {
    this.stop();
    this.goTo(step);
  }

  /** @param {number} step */
  goTo(step) {
    this.step = step;
    this.draw();
    this.act.stepped(this.fitted);
  }

  draw() {
    const { fit, answer, step } = this;
    this.button.disabled = this.slider.disabled = !fit;
    this.button.textContent = this.playing ? "Stop" : "Fit q to this image";
    this.slider.max = String(fit ? fit.mean.length - 1 : 1);
    this.slider.value = String(Math.max(0, step));
    this.output.textContent = fit ? `step ${fit.step[Math.max(0, step)]} of ${fit.step[fit.step.length - 1]}` : "";
    this.root.dataset.step = String(step);
    this.bars.replaceChildren(...(fit && answer ? gapBars(answer, fit, step) : []));
    this.words.replaceChildren(...(fit && answer ? gapWords(answer, fit, step) : []));
  }
}

/** The ELBO of q at a step; before the first, that of the encoder's q. @param {Inference} answer @param {Fit} fit
 * @param {number} step */
function reachedBy(answer, fit, step) {
  return step < 0 && answer.elbo ? answer.elbo.value : Math.min(fit.elbo[Math.max(0, step)], fit.best.value);
}

/** What q at a step loses against the best q: its name and its nats. @param {Inference} answer @param {Fit} fit
 * @param {number} step @returns {[string, number]} */
function leftBy(answer, fit, step) {
  if (step < 0 && fit.amortisation !== null) return ["amortisation gap", fit.amortisation];
  return ["left to the best q", fit.best.value - reachedBy(answer, fit, step)];
}

/** @param {Inference} answer @param {Fit} fit @param {number} step */
function gapBars(answer, fit, step) {
  const strip = stripOf(answer.log_evidence, [answer.log_evidence - Math.min(answer.elbo?.value ?? Infinity, fit.elbo[0])]);
  const pieces = [
    { to: reachedBy(answer, fit, step), tone: "elbo", title: "ELBO of this q" },
    { to: fit.best.value, tone: "amortisation", title: leftBy(answer, fit, step)[0] },
    { to: answer.log_evidence, tone: "approximation", title: "approximation gap" },
  ];
  return [barOf(strip, step < 0 && answer.q ? "encoder’s q" : "fitted q", pieces), axisOf(strip, answer.unit)];
}

/** @param {Inference} answer @param {Fit} fit @param {number} step */
function gapWords(answer, fit, step) {
  const reached = reachedBy(answer, fit, step);
  const [name, left] = leftBy(answer, fit, step);
  const figures = [
    figureOf("elbo", "ELBO", reached),
    " + ",
    figureOf("amortisation", name, left),
    " + ",
    figureOf("approximation", "approximation gap", fit.approximation),
    " = log p(x), ",
    answer.unit,
  ];
  return [element("p", "", ...figures), ...(isStuck(fit, step) ? [element("p", "lse-quiet", STUCK)] : [])];
}

/** Whether the fit has ended in a minor mode, away from the best q. @param {Fit} fit @param {number} step */
function isStuck(fit, step) {
  return step === fit.elbo.length - 1 && fit.best.value - fit.elbo[step] > STUCK_NATS;
}
