// The timeline: a slider over the steps with a tick at every frame, and the buttons that play them and follow the newest.

import { element } from "../../browser/ui/dom.js";
import { counted } from "./readings.js";

export class Timeline {
  /** @param {HTMLElement} root @param {AbortSignal} signal
   * @param {{scrub: (step: number) => void, follow: () => void, play: () => void}} act */
  constructor(root, signal, act) {
    this.act = act;
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.slider = /** @type {HTMLInputElement} */ (find("[data-testid=timeline]"));
    this.ticks = find(".lse-ticks");
    this.words = find(".lse-step");
    this.button = find("[data-testid=live]");
    this.player = /** @type {HTMLButtonElement} */ (find("[data-testid=play]"));
    /** @type {number[]} the steps of all frames, in order */
    this.frames = [];
    this.shown = 0;
    this.held = false; // a slider thumb that the visitor holds must not be moved
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const on = (/** @type {string} */ name, /** @type {(event: any) => void} */ listener) =>
      this.slider.addEventListener(name, listener, { signal });
    on("pointerdown", () => (this.held = true));
    on("input", () => this.goTo(Number(this.slider.value)));
    on("change", () => this.letGo());
    on("pointerup", () => this.letGo());
    on("pointercancel", () => this.letGo());
    on("keydown", (event) => this.key(event));
  }

  /** @param {import("../../wire.js").Run[]} runs */
  update(runs) {
    const total = Math.max(1, ...runs.map(({ steps }) => steps));
    const steps = runs.flatMap(({ frames }) => frames.map(({ step }) => step));
    this.frames = [...new Set(steps)].sort((a, b) => a - b);
    this.slider.max = String(total);
    this.slider.disabled = !this.frames.length;
    this.player.disabled = this.frames.length < 2;
    this.ticks.replaceChildren(...this.frames.map((step) => tickAt(step / total)));
    this.button.textContent = runs.every(({ ended }) => ended) ? "End" : "Live";
  }

  /** @param {number | null} step of the current frame, if there is one @param {boolean} following */
  show(step, following) {
    this.shown = step ?? 0;
    this.button.setAttribute("aria-pressed", String(following));
    this.words.textContent = step === null ? "" : `step ${counted(step)}`;
    this.slider.setAttribute("aria-valuetext", this.words.textContent);
    if (!this.held) this.slider.value = String(this.shown);
  }

  /** @param {number} step beyond the newest frame, follow it */
  goTo(step) {
    if (step >= (this.frames.at(-1) ?? 0)) this.act.follow();
    else this.act.scrub(step);
  }

  letGo() {
    this.held = false;
    this.slider.value = String(this.shown);
  }

  /** The step of the frame after the current one; at the last one undefined. */
  get after() {
    return this.frames.find((step) => step > this.shown);
  }

  /** Space plays and stops. The arrow keys move from frame to frame, because a single step is too short to see. @param {KeyboardEvent} event */
  key(event) {
    const { frames } = this;
    if (event.key === " ") {
      event.preventDefault();
      this.act.play();
    }
    const now = Number(this.slider.value);
    const before = frames.filter((step) => step < now).at(-1) ?? frames[0];
    const after = frames.find((step) => step > now) ?? frames.at(-1);
    const goals = { ArrowLeft: before, ArrowDown: before, ArrowRight: after, ArrowUp: after };
    const goal = { ...goals, Home: frames[0], End: frames.at(-1) }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    this.slider.value = String(goal);
    this.goTo(goal);
  }
}

/** @param {number} share of the timeline */
function tickAt(share) {
  const tick = element("i", "");
  tick.style.left = `${100 * share}%`;
  return tick;
}
