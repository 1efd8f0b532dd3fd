// What each model charges for one image: the lines of the receipt, and how they come about.

import { unitOf } from "../../../browser/map/panel.js";
import { klParts, sumOfKl, termsInSteps } from "../../../browser/net/quadrature.js";

/** One model's column. x is the image as the model sees it, or null where it is not to be had; then what is stored, in
 * nats, stands in for what would be reckoned from it. exact: q(z|x) is p(z|x) itself, and mean and stddev its moments.
 * @typedef {{letter: string, label: string, likelihood: import("../../../browser/net/likelihood.js").Likelihood,
 *   pixel_stddev: number | null, mean: Float32Array, stddev: Float32Array,
 *   decoder: import("../../../browser/net/decoder.js").Decoder, x: Float32Array | null,
 *   stored: {reconstruction: number, kl: number} | null, exact: boolean}} BillColumn */
/** awaited: the image itself is still to come. @typedef {{title: string, note: string, columns: BillColumn[], awaited: boolean}} Bill */
/** What a model charges; pixels null where x is.
 * @typedef {Omit<import("../../../browser/net/quadrature.js").Terms, "pixels"> & {pixels: Float32Array | null}} Charges */
/** part: of the term above it. @typedef {{key: string, name: string, formula: string, part: boolean,
 *   nats: (charges: Charges) => number}} BillLine */

// Of two Gaussians alone the KL divergence falls apart by dimension.
const NO_PARTS = ["z₁", "z₂"].map(() => ({ mean: NaN, variance: NaN }));

/** @type {BillLine[]} */
export const BILL_LINES = [
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

/** @param {string} name of the dimension @param {number} axis @returns {BillLine[]} */
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

/** The unit of a line: of each column where they differ. @param {string} key @param {BillColumn[]} columns */
export function billUnit(key, columns) {
  const row = { key, name: "", unit: "nats", tone: "" };
  const units = columns.map(({ letter, likelihood }) => ({ letter, unit: unitOf(row, likelihood) }));
  if (units.every(({ unit }) => unit === units[0].unit)) return units[0].unit;
  return units.map(({ letter, unit }) => `${letter}: ${unit}`).join("; ");
}

/** What each column comes to, a little each step. @param {BillColumn[]} columns
 * @returns {Generator<void, Charges[], void>} */
export function* makeOut(columns) {
  const charges = [];
  for (const column of columns) {
    const { x, decoder, likelihood, pixel_stddev } = column;
    charges.push(x ? yield* termsInSteps(column, decoder, x, likelihood, pixel_stddev ?? 0) : chargesWithoutImage(column));
  }
  return charges;
}

/** @param {BillColumn} column @returns {Charges} */
function chargesWithoutImage({ exact, stored, mean, stddev }) {
  const reconstruction = stored?.reconstruction ?? NaN;
  if (exact) return { pixels: null, reconstruction, kl: NO_PARTS, total: reconstruction + (stored?.kl ?? NaN) };
  const kl = klParts({ mean, stddev });
  return { pixels: null, reconstruction, kl, total: reconstruction + sumOfKl(kl) };
}
