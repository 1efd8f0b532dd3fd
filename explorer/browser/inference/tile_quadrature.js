// The integral of exp(f) over a square tile, from f at Gauss-Legendre nodes, and how well these nodes know f; the
// counterpart of models/tile_quadrature.py, which has the reasons, for one tile at a time.

import { interpolated, sharesAt } from "./interpolation.js";
import { logSum } from "./logs.js";
import { legendre, legendreAt } from "./nodes.js";

/** In nats, of the unit square: logIntegral, the log of the integral; most, about an upper bound of it, with peaks of f
 * between the nodes; error, an estimate of its error, infinite where the nodes know f too badly for one.
 * @typedef {{logIntegral: number, most: number, error: number}} Integral */

const NODES = 6; // along each side
const FALL = 0.25; // of coefficients, from one degree to the next
const CHANGE = 0.1;
const SURE = 0.1; // nats
const ROUGH = 10; // nats

const COARSE = legendre(NODES);
const FINER = legendre(2 * NODES);
const TO_FINER = sharesAt(COARSE.nodes, FINER.nodes);
const LAST = [NODES - 2, NODES - 1].map((degree) => COARSE.nodes.map((x, i) => {
  return (2 * degree + 1) * COARSE.weights[i] * legendreAt(degree, 2 * x - 1) * FALL ** (NODES - 1 - degree);
}));
const [coarse, finer] = [COARSE, FINER].map(({ weights }) => {
  const logWeights = weights.flatMap((a) => weights.map((b) => Math.log(a * b)));
  return (/** @type {ArrayLike<number>} */ grid) => logSum(logWeights.map((weight, i) => weight + grid[i]));
});

/** From 0 to 1 along each side. */
export const PLACES = COARSE.nodes;

/** The integral of exp(f) over the unit square. @param {ArrayLike<number>} grid [n, n], f at its nodes
 * @returns {Integral} */
export function integrate(grid) {
  const [{ most, rise }, missing] = [between(grid), missingOf(grid)];
  const plain = { logIntegral: coarse(grid), most, error: Infinity };
  if (rise >= ROUGH || missing >= SURE) return plain;
  const logIntegral = finer(interpolated(TO_FINER, grid).flat());
  const error = missing + CHANGE * Math.abs(logIntegral - plain.logIntegral);
  return error < SURE ? { logIntegral, most, error } : plain;
}

/** An estimate of how far f is from the polynomial through its nodes. @param {ArrayLike<number>} grid */
function missingOf(grid) {
  let missing = 0;
  for (const shares of LAST) {
    for (let line = 0; line < NODES; line++) {
      let [along, across] = [0, 0];
      for (let i = 0; i < NODES; i++) {
        along += shares[i] * grid[NODES * line + i];
        across += shares[i] * grid[NODES * i + line];
      }
      missing = Math.max(missing, Math.abs(along), Math.abs(across));
    }
  }
  return missing;
}

/** About the maximum of f between nodes, and its largest difference of neighbours. @param {ArrayLike<number>} grid */
function between(grid) {
  let [most, rise] = [-Infinity, 0];
  const compare = (/** @type {number} */ one, /** @type {number} */ other) => {
    const change = Math.abs(one - other);
    most = Math.max(most, Math.max(one, other) + change);
    rise = Math.max(rise, change);
  };
  for (let i = 0; i < NODES; i++) {
    for (let j = 0; j + 1 < NODES; j++) {
      compare(grid[NODES * i + j], grid[NODES * i + j + 1]);
      compare(grid[NODES * j + i], grid[NODES * (j + 1) + i]);
    }
  }
  return { most, rise };
}
