// A dial: a slider over values at about equal ratios, with marks, and where 0 is among them with 0 as an end stop.

import { element } from "./dom.js";

const GAP_SHARE = 0.2; // between 0 and the least other value, of the rest of the track, so that their names have room
const TURN_MS = { least: 120, step: 18, most: 700 }; // from one value to another, by the number of steps

export class LogDial {
  /** @param {HTMLElement} root
   * @param {{name: string, values: number[], marks: number[]}} scale values ascend, and the first may be 0; the marks
   * are among them
   * @param {AbortSignal} signal
   * @param {(value: number, final: boolean) => void} turn gets values on the way to a chosen one too; final is false
   * for those, and while a hand moves the dial */
  constructor(root, { name, values, marks }, signal, turn) {
    this.name = name;
    this.values = values;
    this.turn = turn;
    this.value = values[0];
    this.final = true;
    this.stopTurning = () => {};
    /** The value to which the dial turns; null if it stands still. @type {number | null} */
    this.heading = null;
    this.input = /** @type {HTMLInputElement} */ (element("input", "lse-dial-track"));
    const last = values.length - 1;
    /** The place of the least value above 0. */
    this.first = values[0] ? 0 : 1;
    this.gap = this.first && Math.ceil(GAP_SHARE * last); // in steps of the slider, of which each other value has one
    this.steps = last - this.first + this.gap;
    const attributes = { type: "range", min: 0, max: this.steps, step: 1, role: "slider", "data-testid": "dial" };
    for (const [key, value] of Object.entries(attributes)) this.input.setAttribute(key, String(value));
    this.input.setAttribute("aria-label", this.first ? `${name}; 0 is the end stop` : name);
    this.input.setAttribute("aria-valuemin", String(values[0]));
    this.input.setAttribute("aria-valuemax", String(values[last]));
    const join = this.first ? [this.join()] : [];
    this.marks = element("div", "lse-dial-marks", ...marks.map((mark) => this.markAt(mark)), ...join);
    root.replaceChildren(this.input, this.marks);
    this.input.addEventListener("input", () => this.go(this.chosen, false), { signal });
    this.input.addEventListener("change", () => this.go(this.chosen, true), { signal });
    this.input.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    this.marks.addEventListener("click", ({ target }) => this.press(/** @type {HTMLElement} */ (target)), { signal });
  }

  /** The value where the slider stands. In the gap it is the end that the slider came from the other side of. */
  get chosen() {
    const step = Number(this.input.value);
    if (step >= this.gap) return this.values[step - this.gap + this.first];
    return step && !this.value ? this.values[1] : 0;
  }

  /** @param {number} value */
  stepOf(value) {
    const index = this.indexOf(value);
    return index && index - this.first + this.gap;
  }

  /** @param {number} mark a value */
  markAt(mark) {
    const button = element("button", "", mark ? String(mark) : "off");
    button.setAttribute("type", "button");
    button.setAttribute("tabindex", "-1"); // the slider has keys of its own
    button.dataset.mark = String(mark);
    button.style.setProperty("--at", String(this.stepOf(mark) / this.steps));
    return button;
  }

  /** The gap between 0, which no logarithm reaches, and the rest. */
  join() {
    const join = element("i", "lse-dial-join", "//");
    join.style.setProperty("--at", String(this.gap / 2 / this.steps));
    return join;
  }

  /** @param {number} value @returns {number} of the nearest value, as a ratio */
  indexOf(value) {
    if (value <= 0) return 0;
    const distances = this.values.map((each) => Math.abs(Math.log(each / value)));
    return distances.indexOf(Math.min(...distances));
  }

  /** Show a value that was chosen elsewhere. @param {number} value */
  show(value) {
    this.value = value;
    if (this.heading === null) this.input.value = String(this.stepOf(value));
    this.input.setAttribute("aria-valuenow", String(value));
    this.input.setAttribute("aria-valuetext", value ? `${this.name} = ${value}` : `${this.name} = 0, off`);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    this.input.value = String(Number(this.input.value) - Math.sign(event.deltaY));
    this.go(this.chosen, true);
  }

  /** @param {HTMLElement} target */
  press({ dataset }) {
    if (dataset.mark === undefined) return;
    this.input.value = String(this.stepOf(Number(dataset.mark)));
    this.go(this.chosen, true);
  }

  /** Turn to a value, through all between. @param {number} to @param {boolean} final */
  go(to, final) {
    this.final = final;
    if (to === this.heading) return;
    this.stopTurning();
    const [from, still] = [this.value, matchMedia("(prefers-reduced-motion: reduce)").matches];
    if (still || !to || !from || to === from) return this.arrive(to);
    this.heading = to;
    const steps = Math.abs(this.indexOf(to) - this.indexOf(from));
    const duration = Math.min(TURN_MS.most, TURN_MS.least + TURN_MS.step * steps);
    const start = performance.now();
    let stopped = false;
    this.stopTurning = () => (stopped = true);
    const frame = (/** @type {number} */ now) => {
      if (stopped) return;
      const share = Math.max(0, now - start) / duration;
      if (share >= 1) return this.arrive(to);
      this.value = from * (to / from) ** (share * share * (3 - 2 * share));
      this.turn(this.value, false);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** @param {number} value */
  arrive(value) {
    this.heading = null;
    this.show(value);
    this.turn(value, this.final);
  }
}
