// Minimises KL between a Gaussian q and a target p, in either direction, step by step.

import { divergence, expectation, matchMoments, scoreAt } from "./gaussians.js";

/** @typedef {import("./gaussians.js").Hump} Hump */
/** @typedef {import("./gaussians.js").Density} Density */
/** "qp" is KL(q || p), "pq" is KL(p || q). @typedef {"qp" | "pq"} Direction */

const MAX_STEPS = 400;
// The maximum step in x and in log stddev, small enough to watch the animation.
const LONGEST = { mean: 0.12, logStddev: 0.06 };
const CONVERGED = 1e-6; // a shorter step ends the descent

/** KL(q || p), or KL(p || q). @param {Direction} direction @param {Hump} q @param {Density} p */
export function divergenceAlong(direction, q, p) {
  return direction === "qp" ? divergence([q], p) : divergence(p, [q]);
}

/** q, and q after each step of natural-gradient descent: the gradient over the Fisher information of a Gaussian, which
 * is 1/s^2 for its mean m and 2 for log s (Amari, 1998, https://doi.org/10.1162/089976698300017746). A step that
 * does not lower the divergence is halved until it does.
 * @param {Direction} direction @param {Hump} q @param {Density} p @returns {Generator<Hump, void, void>} */
export function* descent(direction, q, p) {
  let value = divergenceAlong(direction, q, p);
  yield q;
  for (let taken = 0; taken < MAX_STEPS; taken++) {
    const found = lower(direction, q, p, value);
    if (!found) return;
    ({ q, value } = found);
    yield q;
  }
}

/** @param {Direction} direction @param {Hump} q @param {Density} p @param {number} value there */
function lower(direction, q, p, value) {
  const full = direction === "qp" ? seekingStep(q, p) : coveringStep(q, p);
  let size = Math.min(1, LONGEST.mean / Math.abs(full.mean), LONGEST.logStddev / Math.abs(full.logStddev));
  for (; size * Math.max(Math.abs(full.mean), Math.abs(full.logStddev)) > CONVERGED; size /= 2) {
    const next = moved(q, full, size);
    const reached = divergenceAlong(direction, next, p);
    if (reached < value) return { q: next, value: reached };
  }
  return null;
}

/** @param {Hump} q @param {{mean: number, logStddev: number}} step @param {number} size */
function moved(q, step, size) {
  return { ...q, mean: q.mean + size * step.mean, stddev: q.stddev * Math.exp(size * step.logStddev) };
}

/** For KL(q || p): d/dm = -E_q[p'/p], d/dlog s = -1 - E_q[(x - m) p'/p]. @param {Hump} q @param {Density} p */
function seekingStep(q, p) {
  const pull = expectation([q], (x) => scoreAt(p, x));
  const stretch = expectation([q], (x) => (x - q.mean) * scoreAt(p, x));
  return { mean: q.stddev ** 2 * pull, logStddev: (1 + stretch) / 2 };
}

/** For KL(p || q): d/dm = (m - E_p x)/s^2, d/dlog s = 1 - E_p[(x - m)^2]/s^2: they vanish at the moments of p.
 * @param {Hump} q @param {Density} p */
function coveringStep(q, p) {
  const { mean, stddev } = matchMoments(p);
  const square = stddev ** 2 + (mean - q.mean) ** 2;
  return { mean: mean - q.mean, logStddev: (square / q.stddev ** 2 - 1) / 2 };
}
