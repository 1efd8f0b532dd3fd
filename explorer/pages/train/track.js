// A track: one run on its map, with its requested, fetched and shown frames.

import { fetchModel } from "../../browser/map/loading.js";

/** @typedef {import("../../wire.js").Frame} Frame */
/** @typedef {import("../../wire.js").Run} Run */

const AT_ONCE = 2; // parallel fetches; a fast slider movement passes a hundred frames, and only the last one counts

export class Track {
  /** @param {Run} run @param {import("../../browser/map/pane.js").Pane} pane
   * @param {{show: (track: Track) => void, fail: (frame: Frame) => void, following: () => boolean}} page */
  constructor(run, pane, page) {
    this.run = run;
    this.pane = pane;
    this.page = page;
    /** @type {Frame | null} */
    this.shown = null;
    /** @type {Frame | null} */
    this.wanted = null;
    /** @type {Set<string>} addresses */
    this.fetching = new Set();
    this.failed = "";
    this.gap = 0; // ms, between the last two frames
    this.newest = "";
    this.arrived = -Infinity;
    this.note(run);
  }

  /** Take new data of the run. @param {Run} run */
  note(run) {
    const newest = run.frames.at(-1)?.url ?? "";
    if (newest !== this.newest) {
      this.gap = performance.now() - this.arrived;
      this.arrived = performance.now();
    }
    this.newest = newest;
    this.run = run;
  }

  /** Show the last frame at or before a step. @param {number} step @param {boolean} again try even if it failed before
   * @returns {Promise<void>} when it is shown or has failed */
  async want(step, again) {
    this.wanted = frameAt(this.run.frames, step);
    if (again) this.failed = "";
    await this.fetch();
  }

  async fetch() {
    const frame = this.wanted;
    if (!frame || frame.url === this.shown?.url || frame.url === this.failed) return;
    if (this.fetching.has(frame.url) || this.fetching.size >= AT_ONCE) return;
    this.fetching.add(frame.url);
    try {
      const loaded = await fetchModel(frame.url, this.run.likelihood);
      if (this.isDue(frame)) this.show(frame, loaded);
    } catch {
      this.failed = frame.url;
      if (this.wanted?.url === frame.url) this.page.fail(frame);
    } finally {
      this.fetching.delete(frame.url);
    }
    await this.fetch();
  }

  /** Whether a fetched frame is to be shown. Late frames are shown only while following, where all may be late.
   * @param {Frame} frame */
  isDue(frame) {
    return frame.url === this.wanted?.url || (this.page.following() && frame.step > (this.shown?.step ?? -1));
  }

  /** @param {Frame} frame @param {import("../../browser/map/loading.js").Loaded} loaded */
  show(frame, loaded) {
    this.shown = frame;
    this.pane.loaded = loaded;
    this.page.show(this);
  }
}

/** The last frame at or before a step, or else the first. @param {Frame[]} frames @param {number} step */
function frameAt(frames, step) {
  return frames.filter((frame) => frame.step <= step).at(-1) ?? frames[0] ?? null;
}
