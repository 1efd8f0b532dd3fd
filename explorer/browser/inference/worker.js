// The Web Worker that answers questions about one image at a time. A new question ends the work on the one before.

import { partsOf } from "./answers.js";
import { BatchedDecoder } from "./batched_decoder.js";
import { densityOf } from "./densities.js";
import { EvidenceError } from "./evidence.js";
import { curvesInBlocks } from "./importance.js";
import { Joint, KeptModel } from "./joint.js";
import { loadKernel } from "./kernel.js";

/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** layers of the decoder: null if the model is that of the question before. x [784] as the model sees it. seed: that of
 * the importance curves, which are then the whole answer, or 0 for everything else.
 * @typedef {{id: number, layers: import("../net/network.js").Layer[] | null, likelihood: string, pixelStddev: number,
 *   x: Float32Array, q: Gaussian | null, seed: number}} Question */
/** A part of the answer; or the number of points decoded so far; or a sentence instead of an answer. complete: nothing
 * more will come. @typedef {{id: number, part?: Partial<import("./answers.js").Inference>, points?: number,
 *   problem?: string, complete?: boolean}} Reply */

const MOST_KEPT = 12_000; // decoded points: 38 MB
const SLICE_MS = 12;
const TELL_MS = 100; // from one report on the progress to the next
const NO_NUMBERS = "This image has no finite probability under the model. Choose another image.";

const place = /** @type {any} */ (self);
const kernel = loadKernel();
/** @type {KeptModel} */
let model;
let latest = 0; // the id of the last question

/** The work on a question has ended, because there is another one. */
class Superseded extends Error {}

/** An id alone ends the work. */
place.onmessage = (/** @type {{data: Question | {id: number}}} */ { data }) => {
  latest = data.id;
  if ("x" in data) void answer(data);
};

/** @param {Question} question */
async function answer(question) {
  try {
    const joint = await jointOf(question);
    const parts = question.seed ? curvesOf(joint, question) : partsOf(joint, question.q);
    for await (const part of parts) reply(question, { part });
    reply(question, { complete: true });
  } catch (error) {
    if (!(error instanceof Superseded)) reply(question, { problem: sentenceOf(error), complete: true });
  }
}

/** @param {Question} question @returns {Promise<Joint>} */
async function jointOf(question) {
  const { layers, likelihood, pixelStddev, x } = question;
  const loaded = await kernel;
  if (layers) model = new KeptModel(new BatchedDecoder(loaded, layers, densityOf(likelihood, pixelStddev)), MOST_KEPT);
  return new Joint(model, x, pauseFor(question));
}

/** @param {Joint} joint @param {Question} question */
async function* curvesOf(joint, { q, seed }) {
  for await (const curves of curvesInBlocks(joint, q, seed)) yield { curves };
}

/** Between slices of the work, messages arrive. @param {Question} question */
function pauseFor(question) {
  const { port1, port2 } = new MessageChannel();
  const before = model.decoded;
  let slice = performance.now();
  let told = slice;
  return async () => {
    if (performance.now() - slice < SLICE_MS) return;
    if (slice - told > TELL_MS) reply(question, { points: model.decoded - before });
    if (slice - told > TELL_MS) told = slice;
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
    if (latest !== question.id) throw new Superseded();
    slice = performance.now();
  };
}

/** @param {Question} question @param {Omit<Reply, "id">} found */
function reply({ id }, found) {
  if (id === latest) place.postMessage({ id, ...found });
}

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof EvidenceError ? `${error.message} Choose another model.` : NO_NUMBERS;
}
