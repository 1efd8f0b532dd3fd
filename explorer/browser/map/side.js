// One side of a comparison: its model, its map, and its encoder, fetched when a drawing needs it.

import { fetchAny } from "./dial_model.js";
import { GLIDE } from "./glide.js";
import { fetchEncoder } from "../net/encoder.js";

/** @typedef {import("../net/encoder.js").Encoder} Encoder */
/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../wire.js").Moment} Moment */
/** @typedef {import("../../wire.js").RunChoice} RunChoice */

export class Side {
  /** @param {string} letter @param {import("./pane.js").Pane} pane @param {Choice} choice
   * @param {import("./dial_model.js").Dials} dials of this side
   * @param {(sentence: string) => void} showError */
  constructor(letter, pane, choice, dials, showError) {
    this.letter = letter;
    this.pane = pane;
    this.choice = choice;
    this.dials = dials;
    this.showError = showError;
    /** @type {Choice | null} the choice requested last */
    this.asked = null;
    /** The address of an encoder that could not be fetched, so that not every stroke tries again. */
    this.missing = "";
    /** @type {Promise<unknown>} the fetch before; a slider passes many choices quickly, and only the last one counts */
    this.fetching = Promise.resolve();
  }

  /** Whether no other choice is being fetched. */
  get settled() {
    return !this.asked || this.asked.name === this.choice.name;
  }

  /** Show ``choice`` when it is loaded. @param {Choice} choice
   * @returns {Promise<boolean>} false after an error, or if another was requested meanwhile */
  async take(choice) {
    this.asked = choice;
    await this.fetching;
    if (this.asked !== choice) return false;
    const model = fetchAny(this.dials, choice);
    this.fetching = model.catch(() => {});
    try {
      const loaded = await model;
      if (this.asked !== choice || this.pane.panes.end.signal.aborted) return false;
      this.pane.loaded = loaded;
    } catch {
      if (this.asked !== choice) return false;
      this.asked = this.choice;
      this.showError(`“${choice.label}” could not be loaded. Check the connection and choose it again.`);
      return false;
    }
    this.showError("");
    this.pane.subject = this.choice = choice;
    return true;
  }

  /** Show the dial of this side at a KL weight at once, if it shows the dial already.
   * @param {number} beta @returns {boolean} whether it does */
  turn(beta) {
    const dial = this.dials.of(this.choice);
    if (!dial?.loaded || !this.settled) return false;
    this.pane.subject = this.choice = this.asked = dial.at(beta);
    this.pane.loaded = dial.loaded.at(beta);
    this.pane.turn();
    return true;
  }

  /** @param {Choice} before the previous choice */
  move({ dataset }) {
    if (dataset === this.choice.dataset) this.glide();
    else this.pane.jump();
  }

  glide() {
    this.pane.glide(GLIDE);
  }

  /** @param {boolean} again try even if it failed before
   * @returns {Promise<Encoder | null>} null if there is none, or after an error */
  async encoder(again) {
    const { encoder_url, label } = this.choice;
    if (!encoder_url || (this.missing === encoder_url && !again)) return null;
    try {
      return await fetchEncoder(encoder_url);
    } catch {
      this.missing = encoder_url;
      this.showError(`The encoder of “${label}” could not be loaded, so the drawing cannot be shown on its map. Choose the model again.`);
      return null;
    }
  }
}

/** The name of a run's moment in the link. @param {RunChoice} run @param {Moment} moment */
export function momentName({ name }, { step }) {
  return `${name}@${step}`;
}

/** A run at one of its moments, as a model. @param {RunChoice} run @param {Moment} moment @returns {Choice} */
function momentChoice(run, moment) {
  const { step, url, encoder_url, reconstruction, kl, spread, mean_sigma, weight, pixel_stddev } = moment;
  return {
    ...run,
    name: momentName(run, moment),
    label: `${run.label}, step ${step.toLocaleString("en")}`,
    ...{ url, encoder_url, pixel_stddev, beta: weight, from_scratch: false, kept: false, story: "" },
    ...{ has_encoder: true, samples: 1, binarisations: 1 },
    metrics: { reconstruction, kl, negative_elbo: reconstruction + kl, spread, mean_sigma },
    ...{ measures: null, measuring: false },
  };
}

/** The choice with this ``name`` in the link; for a run, the moment at that step or the last one before it.
 * @param {Choice[]} models @param {RunChoice[]} runs @param {string} name @returns {Choice | undefined} */
export function choiceNamed(models, runs, name) {
  const [owner, step] = name.split("@");
  const run = runs.find((each) => each.name === owner);
  if (!run || step === undefined) return models.find((model) => model.name === name);
  const moment = run.frames.filter((frame) => frame.step <= Number(step)).at(-1) ?? run.frames[0];
  return moment && momentChoice(run, moment);
}
