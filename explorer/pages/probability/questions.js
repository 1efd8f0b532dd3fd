// The questions to the server: a model, an x, and an id that identifies the answer.

/** @typedef {import("../../wire.js").Question} Question */

export class Questions {
  /** @param {number} id of the last answered question @param {(question: Question) => void} send */
  constructor(id, send) {
    this.id = id;
    this.send = send;
    this.image = -1;
    this.pixels = "";
    this.curves = 0;
    this.presses = 0;
    this.model = "";
    /** The id of the first question about this x and model; every answer from it on is valid. */
    this.since = id + 1;
  }

  /** Set x. @param {number} image @param {Uint8Array | null} pixels */
  take(image, pixels) {
    this.image = image;
    this.pixels = pixels ? btoa(String.fromCharCode(...pixels)) : "";
  }

  /** Ask about x, if there is one. @param {{name: string}} model */
  put({ name }) {
    this.since = this.id + 1;
    this.curves = 0;
    this.model = this.image < 0 && !this.pixels ? "" : name;
    if (this.model) this.next();
  }

  askForCurves() {
    if (!this.model) return;
    this.curves = ++this.presses;
    this.next();
  }

  next() {
    this.id += 1;
    const { id, model, image, pixels, curves } = this;
    this.send({ id, model, image, pixels, curves });
  }

  /** @param {{id: number} | null | undefined} answer */
  answeredBy(answer) {
    return Boolean(answer && answer.id >= this.since);
  }
}

/** The image as the model sees it, binary or grey.
 * @param {{likelihood: {is_binary: boolean}}} model @param {Uint8Array} pixels */
export function modelInput({ likelihood }, pixels) {
  return likelihood.is_binary ? pixels.map((level) => (level < 128 ? 0 : 255)) : pixels;
}
