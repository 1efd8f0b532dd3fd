// What the page asks the server: a model and an x, and the number by which the answer is known.

/** @typedef {import("../../wire.js").Question} Question */

export class Questions {
  /** @param {number} id of the last question that was ever answered here @param {(question: Question) => void} send */
  constructor(id, send) {
    this.id = id;
    this.send = send;
    this.image = -1;
    this.pixels = "";
    this.curves = 0;
    this.presses = 0;
    this.model = "";
    /** The first question about this x and this model: every answer from it on fits. */
    this.since = id + 1;
  }

  /** The x to ask about. @param {number} image @param {Uint8Array | null} pixels */
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

/** Black and white, or grey, as the model sees it.
 * @param {{likelihood: {is_binary: boolean}}} model @param {Uint8Array} pixels */
export function seenBy({ likelihood }, pixels) {
  return likelihood.is_binary ? pixels.map((level) => (level < 128 ? 0 : 255)) : pixels;
}
