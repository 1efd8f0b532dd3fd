// The moments of the runs: one frame of each, fetched together and handed over together.

import { fetchModel } from "../../browser/map/loading.js";

/** @typedef {import("../../wire.js").Frame} Frame */
/** @typedef {import("../../wire.js").Run} Run */
/** A frame with the contents of its file. @typedef {Frame & {loaded: import("../../browser/map/loading.js").Loaded}} Still */
/** All that the page shows at one time: for each run the frame and its step, or null while it has none.
 * @typedef {{step: number, stills: (Still | null)[]}} Moment */

const AT_ONCE = 2; // parallel moments; a fast slider movement passes a hundred, and only the last one counts

export class Moments {
  /** @param {{show: (moment: Moment) => void, fail: (frame: Frame) => void, following: () => boolean}} page */
  constructor(page) {
    this.page = page;
    /** @type {Run[]} */
    this.runs = [];
    /** @type {(Frame | null)[]} */
    this.wanted = [];
    this.handed = { name: "", step: -1 };
    /** @type {Set<string>} names of moments */
    this.fetching = new Set();
    this.failed = "";
    this.gap = Infinity; // ms, between the last two wishes for another moment
    this.asked = -Infinity;
  }

  /** Hand over the last frame at or before a step, of every run. @param {Run[]} runs @param {number} step
   * @param {boolean} again try even if it failed before @returns {Promise<void>} when it is handed over or has failed */
  async want(runs, step, again) {
    const before = nameOf(this.wanted);
    this.runs = runs;
    this.wanted = runs.map(({ frames }) => frameAt(frames, step));
    if (nameOf(this.wanted) !== before) this.keepTime();
    if (again) this.failed = "";
    await this.fetch();
  }

  keepTime() {
    const now = performance.now();
    this.gap = now - this.asked;
    this.asked = now;
  }

  async fetch() {
    const { wanted: frames, runs } = this;
    const name = nameOf(frames);
    if (!name || [this.handed.name, this.failed].includes(name)) return;
    if (this.fetching.has(name) || this.fetching.size >= AT_ONCE) return;
    this.fetching.add(name);
    try {
      const stills = await Promise.all(frames.map((frame, i) => frame && this.load(frame, runs[i], name)));
      this.handOver(name, { step: Math.max(...frames.map((frame) => frame?.step ?? 0)), stills });
    } catch {
      this.failed = name;
    } finally {
      this.fetching.delete(name);
    }
    await this.fetch();
  }

  /** @param {Frame} frame @param {Run} run @param {string} name of its moment @returns {Promise<Still>} */
  async load(frame, { likelihood }, name) {
    try {
      return { ...frame, loaded: await fetchModel(frame.url, likelihood) };
    } catch (error) {
      if (name === nameOf(this.wanted)) this.page.fail(frame);
      throw error;
    }
  }

  /** Late moments are shown only while the page follows, where all may be late. @param {string} name
   * @param {Moment} moment */
  handOver(name, moment) {
    const due = name === nameOf(this.wanted) || (this.page.following() && moment.step > this.handed.step);
    if (!due) return;
    this.handed = { name, step: moment.step };
    this.page.show(moment);
  }
}

/** @param {(Frame | null)[]} frames @returns {string} of their moment; "" if there is none */
function nameOf(frames) {
  return frames.map((frame) => frame?.url ?? "").join(" ").trim();
}

/** The last frame at or before a step, or else the first. @param {Frame[]} frames @param {number} step */
function frameAt(frames, step) {
  return frames.filter((frame) => frame.step <= step).at(-1) ?? frames[0] ?? null;
}
