// One of the two directions: the integrand, the divergence, and the code lengths.

import { write } from "../../../browser/ui/dom.js";
import {
  BITS_PER_NAT,
  crossEntropy,
  divergence,
  divergenceAbove,
  divergenceOfGaussians,
  logDensity,
} from "./gaussians.js";
import { areaOf, sampled, scaleGraph } from "./graph.js";

/** @typedef {import("./gaussians.js").Density} Density */

/** q log(q/p) at the points of the axis. @param {Density} q @param {Density} p */
export function integrand(q, p) {
  return sampled((x) => {
    const log = logDensity(q, x);
    return Math.exp(log) * (log - logDensity(p, x));
  });
}

/** @param {HTMLElement} root @param {number[]} values of the integrand @param {{above: number, below: number}} scale */
export function drawIntegrand(root, values, { above, below }) {
  scaleGraph(/** @type {HTMLElement} */ (root.querySelector(".lse-graph")), above, below);
  const areas = { ".lse-above": Math.max, ".lse-below": Math.min };
  for (const [name, part] of Object.entries(areas)) {
    root.querySelector(name)?.setAttribute("d", areaOf(values.map((value) => part(0, value))));
  }
}

/** Show the divergence in numbers. @param {HTMLElement} root @param {Density} q @param {Density} p
 * @param {number} resolution @returns {number} KL(q || p) in nats */
export function showDirection(root, q, p, resolution) {
  const [total, above] = [divergence(q, p), divergenceAbove(q, p)];
  const say = (/** @type {string} */ place, /** @type {string} */ words) =>
    write(/** @type {HTMLElement} */ (root.querySelector(place)), words);
  say(".lse-total strong", `${digits(total)} nats`);
  say(".lse-total span", `= ${digits(total * BITS_PER_NAT)} bits`);
  say(".lse-parts", `${partsInWords(above, total - above)}; ${checkInWords(q, p, total)}`);
  const [entropy, cross] = [crossEntropy(q, q), crossEntropy(q, p)];
  for (const [row, nats] of Object.entries({ entropy, cross, waste: cross - entropy })) {
    // The extra length is a difference, so it does not depend on the resolution of x.
    const bits = nats * BITS_PER_NAT;
    const cells = [nats, bits, row === "waste" ? bits : bits - Math.log2(resolution)];
    cells.forEach((value, i) => say(`[data-row=${row}] td:nth-child(${i + 2})`, digits(value)));
  }
  return total;
}

/** @param {number} above @param {number} below */
function partsInWords(above, below) {
  return `solid area ${digits(above)}, pale area ${digits(below)} nats`;
}

/** @param {Density} q @param {Density} p @param {number} total by quadrature */
function checkInWords(q, p, total) {
  if (q.length + p.length > 2) return "by quadrature, because a mixture has no closed form";
  const off = Math.abs(divergenceOfGaussians(q[0], p[0]) - total);
  return `closed form ${digits(divergenceOfGaussians(q[0], p[0]))} nats, ${off < 1e-9 ? "within 10⁻⁹" : `${off.toExponential(1)} off`}`;
}

/** @param {number} value */
function digits(value) {
  return (Math.abs(value) < 5e-4 ? 0 : value).toFixed(3).replace("-", "−");
}
