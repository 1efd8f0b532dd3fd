// Nodes and weights of quadrature along one axis.

/** @typedef {{nodes: number[], weights: number[]}} Axis */
/** A polynomial of degree n >= 0 at x. @typedef {(n: number, x: number) => number} Polynomial */

const HALVINGS = 80;

/** Gauss-Legendre nodes from 0 to 1, with weights that add up to 1.
 * Source: Abramowitz and Stegun, 1964, section 25.4.29. @param {number} count @returns {Axis} */
export function legendre(count) {
  const nodes = roots(legendreAt, count, 1);
  const weights = nodes.map((x) => (1 - x * x) / (count * legendreAt(count - 1, x)) ** 2);
  return { nodes: nodes.map((x) => (x + 1) / 2), weights };
}

/** Gauss-Hermite nodes of an expectation under N(0, 1).
 * Source: Abramowitz and Stegun, 1964, section 25.4.46. @param {number} count @returns {Axis} */
export function hermite(count) {
  const nodes = roots(hermiteAt, count, 2 * Math.sqrt(count));
  return { nodes, weights: shares(nodes.map((x) => hermiteAt(count - 1, x) ** -2)) };
}

/** An even grid over +-``reach`` sigma of N(0, 1): the trapezoidal rule. @param {number} count
 * @param {number} reach @returns {Axis} */
export function even(count, reach) {
  const nodes = Array.from({ length: count }, (_, i) => reach * ((2 * i) / (count - 1) - 1));
  return { nodes, weights: shares(nodes.map((x) => Math.exp((-x * x) / 2))) };
}

/** @param {number[]} weights */
function shares(weights) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The roots of an orthogonal polynomial, ascending: one lies between any two neighbours of those of one degree less.
 * @param {Polynomial} polynomial @param {number} degree @param {number} bound of all roots @returns {number[]} */
function roots(polynomial, degree, bound) {
  if (degree === 0) return [];
  const between = [-bound, ...roots(polynomial, degree - 1, bound), bound];
  return between.slice(1).map((high, i) => rootBetween((x) => polynomial(degree, x), between[i], high));
}

/** @param {(x: number) => number} at @param {number} low @param {number} high */
function rootBetween(at, low, high) {
  const rises = at(high) > 0;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (at(middle) > 0 === rises) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** Legendre's polynomial on -1 to 1. @type {Polynomial} */
export function legendreAt(n, x) {
  let [before, value] = [0, 1];
  for (let k = 0; k < n; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
  return value;
}

/** Divided by sqrt(n!), so that it stays small. @type {Polynomial} */
function hermiteAt(n, x) {
  let [before, value] = [0, 1];
  for (let k = 0; k < n; k++) [before, value] = [value, (x * value - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
  return value;
}
