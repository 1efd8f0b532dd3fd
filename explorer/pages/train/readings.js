// The numbers of one frame, and the sentence below the maps.

import { element } from "../../browser/ui/dom.js";
import { lossOf, rowsOf } from "../../browser/map/panel.js";

/** @typedef {import("../../wire.js").Frame} Frame */
/** @typedef {import("../../wire.js").Run} Run */

/** @param {number} count */
export function counted(count) {
  return count.toLocaleString("en");
}

/** The moment of a frame, in words. @param {Run} run @param {Frame} frame
 * @param {boolean} named for one of several runs */
export function momentOf(run, { step, weight }, named) {
  const { label, epoch } = run;
  const moment = `step ${counted(step)}, epoch ${(step / epoch).toFixed(1)}; ${weightOf(run, step, weight)}`;
  return named ? `${label}: ${moment}` : moment;
}

/** @param {Run} run @param {number} step @param {number} weight of the KL term there */
function weightOf({ beta, settles_at, changes }, step, weight) {
  if (step < settles_at && !changes.length) return `β = ${short(weight)} rises to ${short(beta)} until step ${counted(settles_at)}`;
  const rises = step < settles_at && changes[0].step > step;
  return `KL weight β = ${short(weight)}${rises ? ", rising" : weight ? "" : ": the KL term is off"}`;
}

/** @param {HTMLElement} table gets a column for each run that has a frame @param {Run[]} runs
 * @param {(Frame | null)[]} frames of one moment */
export function showReadings(table, runs, frames) {
  const [{ images, likelihood }] = runs;
  const shown = frames.flatMap((frame, i) => (frame ? [{ frame, label: runs[i].label }] : []));
  const head = element("tr", "", element("td", ""), ...shown.map(({ label }) => element("th", "", label)));
  const caption = `Mean per image of ${counted(images)} held-out images, one draw of z each. Loss: reconstruction + β · KL. Spread: standard deviation.`;
  table.replaceChildren(
    element("caption", "", caption),
    ...(runs.length > 1 ? [element("thead", "", head)] : []),
    rowsOf(likelihood, shown.map(({ frame }) => valuesOf(frame))),
  );
}

/** @param {Frame} frame */
function valuesOf(frame) {
  const { reconstruction, kl, weight, spread, mean_sigma, pixel_stddev } = frame;
  const loss = lossOf(frame, weight, true);
  return { loss, reconstruction, kl, negative_elbo: reconstruction + kl, spread, mean_sigma, pixel_stddev };
}

/** A weight with a suitable number of digits. @param {number} weight */
export function short(weight) {
  return String(Number(weight.toPrecision(3)));
}

/** What the points are, in one sentence. @param {Run[]} runs
 * @param {number[]} outside the number of codes outside each window */
export function sentenceOf(runs, outside) {
  const [{ images, dataset }] = runs;
  const drawn = `Each point: where the encoder puts one of ${counted(images)} held-out ${dataset} images (the mean of q(z|x)); rings: 1 σ for some.`;
  const gone = outside.map((count, i) => (runs.length > 1 ? `${counted(count)} (${runs[i].label})` : counted(count)));
  return outside.some(Boolean) ? `${drawn} ${gone.join(" and ")} lie outside this window.` : drawn;
}
