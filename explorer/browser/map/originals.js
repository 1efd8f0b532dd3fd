// The original images, fetched when the first of them is needed.

import { fetchImages } from "./loading.js";

/** @typedef {import("../ui/pictures.js").Images} Images */

export class Originals {
  /** @param {(sentence: string) => void} showError */
  constructor(showError) {
    this.showError = showError;
    /** @type {Map<string, Images | null>} by address; null if it could not be fetched */
    this.images = new Map();
  }

  /** The images if they are loaded; otherwise they are fetched, and ``then`` is called at the end.
   * @param {string | null} url null if they are not on the server
   * @param {() => void} then @returns {Images | null} */
  at(url, then) {
    if (!url) return null;
    if (!this.images.has(url)) void this.fetch(url).then(then);
    return this.images.get(url) ?? null;
  }

  /** The images if they are loaded. @param {string | null} url */
  loaded(url) {
    return (url && this.images.get(url)) || null;
  }

  /** Whether they are still being fetched, or will be. @param {string | null} url */
  awaits(url) {
    return url !== null && !this.images.has(url);
  }

  /** @param {string} url */
  async fetch(url) {
    try {
      this.images.set(url, await fetchImages(url));
    } catch {
      this.images.set(url, null);
      this.showError("The original images could not be loaded. Reload the page to try again.");
    }
  }
}
