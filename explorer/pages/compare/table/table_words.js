// The sentences about the table of measures: its columns, and the small numbers in its cells.

import { element } from "../../../browser/ui/dom.js";
import { sameKind } from "../../../browser/net/likelihood.js";
import { averagedOver, floorNote, formatted } from "../../../browser/map/panel.js";
import { siblingsOf, withChosen } from "./measures.js";

/** @typedef {import("../../../wire.js").Choice} Choice */
/** @typedef {import("./table.js").Shown} Shown */

/** @param {string} words */
export function small(words) {
  return element("small", "", words);
}

/** The data set and likelihood of a column, if they differ from the first one's. @param {Choice} choice
 * @param {Choice} first */
export function kindOf(choice, first) {
  const words = [];
  if (!sameKind(choice, first) || choice.images !== first.images) {
    const sigma = choice.pixel_stddev ? `, σ = ${formatted(choice.pixel_stddev, "")}` : "";
    words.push(`${choice.images.toLocaleString("en")} ${choice.dataset} images, ${choice.likelihood.name}${sigma}`);
  }
  if (choice.name.includes("@")) words.push("more once it is saved");
  return words.map((each) => small(each));
}

/** @param {Shown} shown */
export function captionOf({ models, seeds, a, b }) {
  const known = withChosen(models, [a, b]);
  const where = known.some((choice) => kindOf(choice, models[0]).length) ? ", unless the head of a column names others" : "";
  const scratch = models.filter((choice) => choice.from_scratch);
  const order = scratch.map(({ beta }) => beta).join(", ");
  return [
    `${averagedOver(models)}${where}; nats are per image. A share of prior draws has ± its standard error.`,
    seedsInWords(scratch, seeds),
    `Curves: the models trained from scratch, β = ${order}, at equal distances.`,
    ...known.filter(floorNote).map((choice) => `† ${choice.label}: ${floorNote(choice)}`),
  ].join(" ");
}

/** The meaning of the small numbers, and which of the seeds is shipped. @param {Choice[]} scratch
 * @param {import("../../../wire.js").Seed[]} seeds */
function seedsInWords(scratch, seeds) {
  const counts = scratch.map((choice) => siblingsOf(choice, seeds).length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most < 2) return "";
  const many = least === most ? `${most}` : `${least} to ${most}`;
  const range = `Small print, and the band of a curve: smallest and largest value over ${many} seeds of the same recipe`;
  const once = seeds.every(({ measures }) => measures.negative_elbo_sd !== undefined)
    ? ""
    : ", binarised once, with 16 draws of z; they are measured like the models when they are next trained";
  return `${range}${once}. The models have seed 0, the first one; it was not chosen.`;
}
