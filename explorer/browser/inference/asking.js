// Asks the worker: one question at a time, about one image under one model.

/** @typedef {import("./worker.js").Question} Question */
/** @typedef {import("./worker.js").Reply} Reply */
/** The model in question. decoder: its network may change in place, as that of a dial does, so ``name`` tells the models
 * apart. @typedef {{name: string, decoder: import("../net/decoder.js").Decoder, likelihood: string,
 *   pixelStddev: number}} Subject */
/** @typedef {{x: Float32Array, q: import("./gaussian.js").Gaussian | null, seed: number}} Given */

export const UNAVAILABLE = "The computation could not be started in this browser. Reload the page to try again.";

export class Asking {
  /** @param {string} url of the worker's script @param {(reply: Reply) => void} take a reply to the last
   * question */
  constructor(url, take) {
    this.url = url;
    this.take = take;
    this.id = 0;
    this.known = ""; // the model that the worker has
    /** @type {Worker | null} */
    this.worker = null;
  }

  /** Ask, and end the work on the question before. @param {Subject} subject @param {Given} given
   * @returns {number} the question's id */
  ask({ name, decoder, likelihood, pixelStddev }, given) {
    const id = ++this.id;
    const layers = name === this.known ? null : decoder.network.layers.map(copied);
    this.known = name;
    this.send({ id, layers, likelihood, pixelStddev, ...given });
    return id;
  }

  /** End the work on the question, if there is one. */
  stop() {
    const id = ++this.id;
    this.worker?.postMessage({ id });
  }

  /** @param {Question} question */
  send(question) {
    try {
      this.worker ??= this.start();
      this.worker.postMessage(question);
    } catch {
      this.fail(question.id); // this browser allows the page no worker
    }
  }

  start() {
    const worker = new Worker(this.url);
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = () => this.fail(this.id);
    return worker;
  }

  /** @param {Reply} reply */
  receive(reply) {
    if (reply.problem) this.known = ""; // the model may be the problem
    if (reply.id === this.id) this.take(reply);
  }

  /** The next question starts another worker. @param {number} id */
  fail(id) {
    this.end();
    if (id === this.id) this.take({ id, problem: UNAVAILABLE, complete: true });
  }

  /** The worker ends its work at once. */
  end() {
    this.worker?.terminate();
    this.worker = null;
    this.known = "";
  }
}

/** Of the network at this moment: the dial's is folded in place. @param {import("../net/network.js").Layer} layer */
function copied({ weight, bias }) {
  return { weight: weight.slice(), bias: bias.slice() };
}
