// What can be said of p(z|x) where z has few values: the KL divergence as a sum, and entropy.

import { logSum } from "../../browser/inference/logs.js";

/** The distributions p(z|x) and p(z) = 1/K, as logarithms. @param {ArrayLike<number>} logs of p(x|z_k), in nats */
function distributions(logs) {
  const total = logSum(logs);
  return { posterior: Array.from(logs, (log) => log - total), prior: Array.from(logs, () => -Math.log(logs.length)) };
}

/** KL(p || q) = sum_k p_k log(p_k / q_k), in nats. @param {number[]} p @param {number[]} q logarithms */
function divergence(p, q) {
  return p.reduce((sum, log, k) => sum + Math.exp(log) * (log - q[k]), 0);
}

/** Figures of p(z|x) and p(z) in nats: their KL divergence in both directions, the second also by way of their mean; the
 * entropy of p(z|x). @param {ArrayLike<number>} logs of p(x|z_k), in nats, of K equally likely values */
export function figuresOf(logs) {
  const { posterior, prior } = distributions(logs);
  const mean = posterior.map((log, k) => logSum([log, prior[k]]) - Math.LN2);
  return {
    told: divergence(posterior, prior),
    reverse: divergence(prior, posterior),
    byTheMean: divergence(prior, mean) + divergence(mean, posterior),
    entropy: -posterior.reduce((sum, log) => sum + Math.exp(log) * log, 0),
  };
}
