// The original images, fetched when the first of them is wanted.

import { fetchImages } from "./loading.js";

/** @typedef {import("../ui/pictures.js").Images} Images */

export class Originals {
  /** @param {(sentence: string) => void} complain */
  constructor(complain) {
    this.complain = complain;
    /** @type {Map<string, Images | null>} by address; null could not be fetched */
    this.images = new Map();
  }

  /** Those at hand; otherwise they are fetched, and ``then`` is called once that is over.
   * @param {string | null} url null where they are not on the server's machine
   * @param {() => void} then @returns {Images | null} */
  at(url, then) {
    if (!url) return null;
    if (!this.images.has(url)) void this.fetch(url).then(then);
    return this.images.get(url) ?? null;
  }

  /** Whether they are still to come. @param {string | null} url */
  awaits(url) {
    return url !== null && !this.images.has(url);
  }

  /** @param {string} url */
  async fetch(url) {
    try {
      this.images.set(url, await fetchImages(url));
    } catch {
      this.images.set(url, null);
      this.complain("The original images could not be loaded. Reload the page to try again.");
    }
  }
}
