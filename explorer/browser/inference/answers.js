// The answer to a question about one image under one model, part by part.

import { fit } from "./best_q.js";
import { elbo, klToPosterior } from "./bound.js";
import { evidence, picture } from "./evidence.js";
import { klToPrior } from "./gaussian.js";
import { lookUp } from "./lookup.js";
import { shareNear } from "./misplaced.js";
import { modesOf, tilesOf, windowOf } from "./shape.js";

/** @typedef {import("./bound.js").Estimate} Estimate */
/** @typedef {import("./gaussian.js").Gaussian} Gaussian */
/** log p(x), an estimate of its numerical error, both in nats, and an upper bound on the share of p(x) left out; p(z|x)
 * as a picture, the window that shows it, and the number of separate parts of the smallest region with 95 % of it.
 * @typedef {{log_evidence: number, evidence_error: number, missed: number, tiles: import("./shape.js").Tiles,
 *   window: import("./shape.js").Window, modes: number}} Posterior */
/** The bound of the encoder's q and its parts, in nats: elbo + kl = log p(x), where reconstruction = E_q[-log p(x|z)],
 * kl_prior = KL(q||p(z)) and kl = KL(q||p(z|x)).
 * @typedef {{elbo: Estimate, reconstruction: number, kl_prior: number, kl: Estimate}} Bounds */
/** What the look-up found, with the bounds of its q after the fit: then elbo is ``after``. decoded: the points that were
 * decoded for it, besides kept ones; milliseconds: how long it took. share: see shareNear, null without an encoder.
 * @typedef {import("./lookup.js").LookedUp & Bounds & {decoded: number, milliseconds: number, share: number | null}}
 *   LookedUp */
/** The fits with a diagonal covariance and with a full one, from the q that was looked up.
 * @typedef {{diagonal: import("./best_q.js").Fit, full: import("./best_q.js").Fit}} Fits */
/** The parts of an answer so far. null: not yet, or not at all, for a model without an encoder has no ``q``; its bounds
 * stand with log p(x). looked_up: q without an encoder, and its bounds, for every model.
 * model: its name; unit: that of log p(x); image: -1 if x is none of the test images; x [784] in 0..255, as the model
 * sees it.
 * @typedef {Posterior & {model: string, unit: string, image: number, x: Uint8Array, q: Gaussian | null,
 *   elbo: Estimate | null, reconstruction: number | null, kl_prior: number | null, kl: Estimate | null,
 *   looked_up: LookedUp | null,
 *   fits: Fits | null, curves: import("./importance.js").Curves | null}} Inference */

const NO_BOUNDS = { elbo: null, reconstruction: null, kl_prior: null, kl: null };

/** @param {import("./joint.js").Joint} joint @param {Gaussian | null} q the encoder's, if there is one
 * @returns {AsyncGenerator<Partial<Inference>, void, void>} */
export async function* partsOf(joint, q) {
  const found = await evidence(joint);
  const { logEvidence } = found;
  const shown = await picture(joint, found);
  const encoders = q && (await elbo(joint, q));
  yield {
    ...{ log_evidence: logEvidence, evidence_error: found.error, missed: found.missed },
    ...{ tiles: tilesOf(shown), window: windowOf(shown, q), modes: modesOf(shown) },
    ...(q && encoders ? await boundsOf(joint, q, encoders, logEvidence) : NO_BOUNDS),
  };
  const own = await timed(joint, () => lookUp(joint));
  const share = q && (await shareNear(joint, q, own.q, logEvidence));
  yield { looked_up: { ...own, ...(await boundsOf(joint, own.q, own.after, logEvidence)), share } };
  const fitted = (/** @type {boolean} */ full) => fit(joint, own.q, full, shown, logEvidence, encoders);
  yield { fits: { diagonal: await fitted(false), full: await fitted(true) } };
}

/** What ``work`` found, and its cost. @template T @param {import("./joint.js").Joint} joint
 * @param {() => Promise<T>} work */
async function timed({ model }, work) {
  const [before, start] = [model.decoded, performance.now()];
  const found = await work();
  return { ...found, decoded: model.decoded - before, milliseconds: performance.now() - start };
}

/** The two terms of the ELBO, and KL(q||p(z|x)) on its own nodes.
 * @param {import("./joint.js").Joint} joint @param {Gaussian} q @param {Estimate} bound its ELBO
 * @param {number} logEvidence @returns {Promise<Bounds>} */
async function boundsOf(joint, q, bound, logEvidence) {
  const kl_prior = klToPrior(q);
  const kl = await klToPosterior(joint, q, logEvidence);
  return { elbo: bound, reconstruction: -bound.value - kl_prior, kl_prior, kl };
}
