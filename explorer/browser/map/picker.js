// The controls that choose a model: a button for each shipped weight, a list of the others, a slider for a run's
// moments.

import { element, pressOne } from "../ui/dom.js";
import { momentName } from "./side.js";

/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../wire.js").RunChoice} RunChoice */

export class Picker {
  /** @param {HTMLElement} header @param {{models: Choice[], runs: RunChoice[]}} data @param {AbortSignal} signal
   * @param {(name: string) => void} pick */
  constructor(header, { models, runs }, signal, pick) {
    this.header = header;
    this.models = models;
    this.runs = runs;
    this.select = /** @type {HTMLSelectElement} */ (header.querySelector("select"));
    this.slider = /** @type {HTMLInputElement} */ (header.querySelector("input"));
    this.fill();
    this.select.addEventListener("change", () => this.chosen(pick), { signal });
    this.slider.addEventListener("input", () => this.slid(pick), { signal });
  }

  fill() {
    const buttons = this.models.filter(({ from_scratch }) => from_scratch).map(weightButton);
    this.header.querySelector(".lse-betas")?.replaceChildren(element("span", "", "β ="), ...buttons);
    const others = this.models.filter(({ from_scratch }) => !from_scratch);
    this.select.replaceChildren(
      new Option("other model…", ""),
      ...group(
        "Gallery",
        others.filter(({ kept }) => !kept),
      ),
      ...group(
        "Saved by you",
        others.filter(({ kept }) => kept),
      ),
      ...group("Your runs, at any step", this.runs),
    );
    this.select.hidden = this.select.options.length === 1;
  }

  /** @param {(name: string) => void} pick */
  chosen(pick) {
    const { value } = this.select;
    const run = this.runs.find(({ name }) => name === value);
    if (value) pick(run ? momentName(run, run.frames[run.frames.length - 1]) : value);
  }

  /** @param {(name: string) => void} pick */
  slid(pick) {
    const run = this.runs.find(({ name }) => name === this.select.value);
    const moment = run?.frames[Number(this.slider.value)];
    if (run && moment) pick(momentName(run, moment));
  }

  /** @param {Choice} choice the chosen one */
  show({ name }) {
    const [owner, step] = name.split("@");
    const run = this.runs.find((each) => each.name === owner);
    this.select.value = owner;
    if (this.select.selectedIndex < 0) this.select.value = "";
    this.slider.parentElement?.toggleAttribute("hidden", !run);
    if (run) {
      this.slider.max = String(run.frames.length - 1);
      this.slider.value = String(run.frames.findIndex((frame) => frame.step === Number(step)));
    }
    const output = /** @type {HTMLElement} */ (this.header.querySelector("output"));
    output.textContent = run ? `step ${Number(step).toLocaleString("en")}` : "";
    pressOne(this.header.querySelectorAll("button"), ({ dataset }) => dataset.modelName === name);
  }
}

/** @param {Choice} model */
function weightButton({ name, label, beta }) {
  const button = element("button", "", String(beta));
  button.dataset.modelName = name;
  button.title = label;
  button.setAttribute("type", "button");
  return button;
}

/** @param {string} title @param {{name: string, label: string}[]} entries
 * @returns {HTMLElement[]} empty without entries */
function group(title, entries) {
  if (!entries.length) return [];
  const options = element("optgroup", "", ...entries.map(({ name, label }) => new Option(label, name)));
  options.setAttribute("label", title);
  return [options];
}
