// The loss terms of one image under each model: the lines of the receipt and their computation.

import { unitOf } from "../../../browser/map/panel.js";
import { klParts, sumOfKl, termsInSteps } from "../../../browser/net/quadrature.js";

/** One model's column. x is the image as the model sees it, or null if it is not available; then the stored terms, in
 * nats, are used. exact: q(z|x) is p(z|x) itself, and mean and stddev are its moments.
 * @typedef {{letter: string, label: string, likelihood: import("../../../browser/net/likelihood.js").Likelihood,
 *   pixel_stddev: number | null, mean: Float32Array, stddev: Float32Array,
 *   decoder: import("../../../browser/net/decoder.js").Decoder, x: Float32Array | null,
 *   stored: {reconstruction: number, kl: number} | null, exact: boolean}} BreakdownColumn */
/** awaited: the image is still being fetched.
 * @typedef {{title: string, note: string, columns: BreakdownColumn[], awaited: boolean}} LossBreakdown */
/** The loss of one image under a model; pixels is null if x is.
 * @typedef {Omit<import("../../../browser/net/quadrature.js").Terms, "pixels"> & {pixels: Float32Array | null}}
 * LossTerms */
/** part: a part of the term above it. @typedef {{key: string, name: string, formula: string, part: boolean,
 *   nats: (losses: LossTerms) => number}} TermLine */

// The KL divergence is a sum over dimensions only between two Gaussians.
const NO_PARTS = ["z₁", "z₂"].map(() => ({ mean: NaN, variance: NaN }));

/** @type {TermLine[]} */
export const TERM_LINES = [
  {
    key: "reconstruction",
    name: "reconstruction",
    formula: "E[−log p(x|z)]",
    part: false,
    nats: ({ reconstruction }) => reconstruction,
  },
  {
    key: "kl",
    name: "KL",
    formula: "of q(z|x) from p(z)",
    part: false,
    nats: ({ reconstruction, total }) => total - reconstruction,
  },
  ...["z₁", "z₂"].flatMap(klLines),
  { key: "negative_elbo", name: "total, −ELBO", formula: "", part: false, nats: ({ total }) => total },
];

/** @param {string} name of the dimension @param {number} axis @returns {TermLine[]} */
function klLines(name, axis) {
  return [
    { key: "kl", name: `${name} mean`, formula: "μ²/2", part: true, nats: ({ kl }) => kl[axis].mean },
    {
      key: "kl",
      name: `${name} variance`,
      formula: "(σ² − 1 − ln σ²)/2",
      part: true,
      nats: ({ kl }) => kl[axis].variance,
    },
  ];
}

/** The unit of a line, listed per column if they differ. @param {string} key @param {BreakdownColumn[]} columns */
export function unitOfLine(key, columns) {
  const row = { key, name: "", unit: "nats", tone: "" };
  const units = columns.map(({ letter, likelihood }) => ({ letter, unit: unitOf(row, likelihood) }));
  if (units.every(({ unit }) => unit === units[0].unit)) return units[0].unit;
  return units.map(({ letter, unit }) => `${letter}: ${unit}`).join("; ");
}

/** The loss of each column, computed in small steps. @param {BreakdownColumn[]} columns
 * @returns {Generator<void, LossTerms[], void>} */
export function* computeLosses(columns) {
  const losses = [];
  for (const column of columns) {
    const { x, decoder, likelihood, pixel_stddev } = column;
    losses.push(x ? yield* termsInSteps(column, decoder, x, likelihood, pixel_stddev ?? 0) : storedLosses(column));
  }
  return losses;
}

/** @param {BreakdownColumn} column @returns {LossTerms} */
function storedLosses({ exact, stored, mean, stddev }) {
  const reconstruction = stored?.reconstruction ?? NaN;
  if (exact) return { pixels: null, reconstruction, kl: NO_PARTS, total: reconstruction + (stored?.kl ?? NaN) };
  const kl = klParts({ mean, stddev });
  return { pixels: null, reconstruction, kl, total: reconstruction + sumOfKl(kl) };
}
