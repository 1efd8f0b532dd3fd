// One of the two sides: which model stands there, its map, and its encoder once a drawing asks for it.

import { GLIDE_MS } from "./glide.js";
import { fetchModel } from "./loading.js";
import { fetchEncoder } from "../net/encoder.js";

/** @typedef {import("../net/encoder.js").Encoder} Encoder */
/** @typedef {import("../../wire.js").Choice} Choice */
/** @typedef {import("../../wire.js").Moment} Moment */
/** @typedef {import("../../wire.js").RunChoice} RunChoice */

export class Side {
  /** @param {string} letter @param {import("./pane.js").Pane} pane @param {Choice} choice
   * @param {(sentence: string) => void} complain */
  constructor(letter, pane, choice, complain) {
    this.letter = letter;
    this.pane = pane;
    this.choice = choice;
    this.complain = complain;
    /** @type {Choice | null} what is wanted, or was last */
    this.asked = null;
    /** The encoder that could not be fetched, for each stroke asks many times. */
    this.missing = "";
    /** @type {Promise<unknown>} the fetch before; a quick hand passes many, and only the last one counts */
    this.fetching = Promise.resolve();
  }

  /** Whether nothing else is on its way here. */
  get settled() {
    return !this.asked || this.asked.name === this.choice.name;
  }

  /** Put ``choice`` here once it has come. @param {Choice} choice
   * @returns {Promise<boolean>} false after a complaint, or when another was asked for meanwhile */
  async take(choice) {
    this.asked = choice;
    await this.fetching;
    if (this.asked !== choice) return false;
    const model = fetchModel(choice.url, choice.likelihood);
    this.fetching = model.catch(() => {});
    try {
      const loaded = await model;
      if (this.asked !== choice || this.pane.panes.end.signal.aborted) return false;
      this.pane.loaded = loaded;
    } catch {
      if (this.asked !== choice) return false;
      this.asked = this.choice;
      this.complain(`“${choice.label}” could not be loaded. Check the connection and choose it again.`);
      return false;
    }
    this.complain("");
    this.pane.subject = this.choice = choice;
    return true;
  }

  /** @param {Choice} before what stood here until now */
  move({ dataset }) {
    if (dataset === this.choice.dataset) this.glide();
    else this.pane.jump();
  }

  glide() {
    this.pane.glide(GLIDE_MS);
  }

  /** @param {boolean} again even where that failed before
   * @returns {Promise<Encoder | null>} null where there is none, or after a complaint */
  async encoder(again) {
    const { encoder_url, label } = this.choice;
    if (!encoder_url || (this.missing === encoder_url && !again)) return null;
    try {
      return await fetchEncoder(encoder_url);
    } catch {
      this.missing = encoder_url;
      this.complain(`The encoder of “${label}” could not be loaded, so the drawing cannot be shown on its map. Choose the model again.`);
      return null;
    }
  }
}

/** What the link calls a moment of a run. @param {RunChoice} run @param {Moment} moment */
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

/** What the link calls ``name``; of a run, the moment at that step or the last one before it.
 * @param {Choice[]} models @param {RunChoice[]} runs @param {string} name @returns {Choice | undefined} */
export function choiceNamed(models, runs, name) {
  const [owner, step] = name.split("@");
  const run = runs.find((each) => each.name === owner);
  if (!run || step === undefined) return models.find((model) => model.name === name);
  const moment = run.frames.filter((frame) => frame.step <= Number(step)).at(-1) ?? run.frames[0];
  return moment && momentChoice(run, moment);
}
