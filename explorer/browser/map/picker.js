// The controls that choose a model: a list, the dial of the KL weight, and a slider for a run's moments.

import { element } from "../ui/dom.js";
import { DialTrack, endStop } from "./dial_track.js";
import { momentName } from "./side.js";

/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("./dial_model.js").Dials} Dials */
/** @typedef {import("../../wire.js").RunChoice} RunChoice */
/** A model of that name was chosen; or the dial was turned, see LogDial. Its end stop is the model without the KL term.
 * @typedef {{pick: (name: string) => void, turn: (beta: number, final: boolean) => void}} Events */

export class Picker {
  /** @param {HTMLElement} header @param {{models: Choice[], runs: RunChoice[], dials: Dials}} data
   * @param {AbortSignal} signal @param {Events} events */
  constructor(header, { models, runs, dials }, signal, { pick, turn }) {
    this.models = models;
    this.runs = runs;
    this.dials = dials;
    this.beta = 1;
    this.select = /** @type {HTMLSelectElement} */ (header.querySelector("select"));
    this.slider = /** @type {HTMLInputElement} */ (header.querySelector("label input"));
    this.output = /** @type {HTMLElement} */ (header.querySelector("output"));
    const track = /** @type {HTMLElement} */ (header.querySelector(".lse-dial"));
    this.track = new DialTrack(track, models, signal, (beta, final) => {
      if (beta) return turn(beta, final);
      const off = this.track.dial && endStop(models, this.track.dial.data.model);
      if (off) pick(off.name);
    });
    this.fill();
    this.select.addEventListener("change", () => this.chosen(pick), { signal });
    this.slider.addEventListener("input", () => this.slid(pick), { signal });
  }

  fill() {
    const shipped = this.models.filter(({ kept }) => !kept);
    const dials = this.dials.all.map(({ data }) => data.model);
    this.select.replaceChildren(
      ...dials.filter(({ kept }) => !kept).map(({ name }) => new Option("the dial, for every β", name)),
      ...group(
        "Trained for one β alone",
        shipped.filter(({ from_scratch }) => from_scratch),
      ),
      ...group(
        "Other ways to train",
        shipped.filter(({ from_scratch }) => !from_scratch),
      ),
      ...group(
        "Saved by you",
        [
          ...this.models.filter(({ kept }) => kept),
          ...dials.filter(({ kept }) => kept).map((dial) => ({ ...dial, label: `${dial.label}, for every β` })),
        ],
      ),
      ...group("Your runs, at any step", this.runs),
    );
  }

  /** @param {(name: string) => void} pick */
  chosen(pick) {
    const { value } = this.select;
    const run = this.runs.find(({ name }) => name === value);
    if (run) pick(momentName(run, run.frames[run.frames.length - 1]));
    const dial = this.dials.of({ name: value });
    if (!run) pick(dial ? `${value}@${this.beta || dial.data.low}` : value);
  }

  /** @param {(name: string) => void} pick */
  slid(pick) {
    const run = this.runs.find(({ name }) => name === this.select.value);
    const moment = run?.frames[Number(this.slider.value)];
    if (run && moment) pick(momentName(run, moment));
  }

  /** @param {Choice} choice the chosen one */
  show(choice) {
    const { name, beta } = choice;
    const [owner, step] = name.split("@");
    const run = this.runs.find((each) => each.name === owner);
    this.select.value = owner;
    this.slider.parentElement?.toggleAttribute("hidden", !run);
    if (run) {
      this.slider.max = String(run.frames.length - 1);
      this.slider.value = String(run.frames.findIndex((frame) => frame.step === Number(step)));
    }
    const atBeta = this.dials.of(choice) ? `β = ${beta}` : "";
    this.output.textContent = run ? `step ${Number(step).toLocaleString("en")}` : atBeta;
    this.beta = beta;
    this.track.show(this.dials.under(choice), beta);
  }
}

/** @param {string} title @param {{name: string, label: string}[]} entries
 * @returns {HTMLElement[]} empty without entries */
function group(title, entries) {
  if (!entries.length) return [];
  const options = element("optgroup", "", ...entries.map(({ name, label }) => new Option(label, name)));
  options.setAttribute("label", title);
  return [options];
}
