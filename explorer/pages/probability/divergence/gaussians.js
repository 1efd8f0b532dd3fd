// Gaussians and mixtures of them in one dimension: densities, entropies and divergences, in nats.

/** One Gaussian of a mixture. @typedef {{weight: number, mean: number, stddev: number}} Hump */
/** A Gaussian is a mixture of one; the weights add up to 1. @typedef {Hump[]} Density */

export const BITS_PER_NAT = 1 / Math.LN2;

// A trapezoidal rule converges faster than any power of its step where the integrand is smooth and falls like exp(-t^2/2).
const RULE_REACH = 9; // stddevs; the mass beyond is 1e-19
const RULE_STEPS = 4000;

/** log N(x; mean, stddev^2). @param {Hump} hump @param {number} x */
function logNormal({ mean, stddev }, x) {
  const t = (x - mean) / stddev;
  return (-t * t) / 2 - Math.log(stddev * Math.sqrt(2 * Math.PI));
}

/** log sum_k w_k N(x; m_k, s_k^2), also where every density underflows. @param {Density} density @param {number} x */
export function logDensity(density, x) {
  let [most, rest] = [-Infinity, 0];
  for (const hump of density) {
    const term = Math.log(hump.weight) + logNormal(hump, x);
    rest = term > most ? rest * Math.exp(most - term) + 1 : rest + Math.exp(term - most);
    most = Math.max(most, term);
  }
  return most + Math.log(rest);
}

/** d/dx log p(x), the score. @param {Density} density @param {number} x */
export function scoreAt(density, x) {
  const all = logDensity(density, x);
  let slope = 0;
  for (const hump of density) {
    const share = Math.exp(Math.log(hump.weight) + logNormal(hump, x) - all);
    slope += (share * (hump.mean - x)) / hump.stddev ** 2;
  }
  return slope;
}

/** E_q[f(x)], by a trapezoidal rule over each Gaussian of q. @param {Density} density @param {(x: number) => number} f */
export function expectation(density, f) {
  const step = (2 * RULE_REACH) / RULE_STEPS;
  let total = 0;
  for (const { weight, mean, stddev } of density) {
    for (let i = 0; i <= RULE_STEPS; i++) {
      const t = i * step - RULE_REACH;
      total += weight * Math.exp((-t * t) / 2) * f(mean + stddev * t);
    }
  }
  return (total * step) / Math.sqrt(2 * Math.PI);
}

/** H(q, p) = -E_q[log p(x)]; H(q, q) is the entropy H(q). @param {Density} q @param {Density} p */
export function crossEntropy(q, p) {
  return -expectation(q, (x) => logDensity(p, x));
}

/** KL(q || p) = E_q[log q(x) - log p(x)]. @param {Density} q @param {Density} p */
export function divergence(q, p) {
  return expectation(q, (x) => logDensity(q, x) - logDensity(p, x));
}

/** The part of KL(q || p) where q exceeds p; the rest is negative. @param {Density} q @param {Density} p */
export function divergenceAbove(q, p) {
  return expectation(q, (x) => Math.max(0, logDensity(q, x) - logDensity(p, x)));
}

/** KL(q || p) = log(s_p / s_q) + (s_q^2 + (m_q - m_p)^2) / (2 s_p^2) - 1/2 of two Gaussians.
 * @param {Hump} q @param {Hump} p */
export function divergenceOfGaussians(q, p) {
  return Math.log(p.stddev / q.stddev) + (q.stddev ** 2 + (q.mean - p.mean) ** 2) / (2 * p.stddev ** 2) - 0.5;
}

/** The Gaussian with the mean and stddev of a density, in closed form. @param {Density} density @returns {Hump} */
export function matchMoments(density) {
  let [mean, square] = [0, 0];
  for (const hump of density) {
    mean += hump.weight * hump.mean;
    square += hump.weight * (hump.mean ** 2 + hump.stddev ** 2);
  }
  return { weight: 1, mean, stddev: Math.sqrt(square - mean ** 2) };
}
