// The likelihood p(x|z) in the browser, the counterpart of models/likelihood.py, which has the names and units.

/** @typedef {import("../../wire.js").Likelihood} Likelihood */
/** A source of draws; normal(pairs): Float32Array [2 * pairs] of N(0, 1).
 * @typedef {{uniform: () => number, normal: (pairs: number) => Float32Array}} Noise */
/** What the browser computes for a likelihood, from the decoder's logits [784]; stddev is sigma, if there is one.
 * mean: E[x|z] in place; draw: x ~ p(x|z), clipped to 0..1; addCosts: add weight * -log p(x_j|z), in nats, to costs;
 * ofMean, ofDraw, ofClipping: sentences about them.
 * @typedef {{mean: (logits: Float32Array) => Float32Array,
 *   draw: (logits: Float32Array, stddev: number, noise: Noise) => Float32Array,
 *   addCosts: (costs: Float64Array, logits: Float32Array, x: Float32Array, stddev: number, weight: number) => void,
 *   ofMean: string, ofDraw: (stddev: number) => string, ofClipping: string}} Pixels */

/** @type {Pixels} */
const BERNOULLI = {
  mean: sigmoid,
  draw: (logits, _stddev, { uniform }) => sigmoid(logits.slice()).map((mean) => Number(uniform() < mean)),
  // softplus(logit) - x logit, finite for every logit
  addCosts(costs, logits, x, _stddev, weight) {
    for (let i = 0; i < costs.length; i++) {
      const logit = logits[i];
      costs[i] += weight * (Math.max(logit, 0) - x[i] * logit + Math.log1p(Math.exp(-Math.abs(logit))));
    }
  },
  ofMean: "Bernoulli means of p(x|z)",
  ofDraw: () => "one bit per pixel",
  ofClipping: "",
};

/** @type {Pixels} */
const GAUSSIAN = {
  mean: sigmoid,
  draw(logits, stddev, { normal }) {
    const noise = normal(logits.length / 2);
    return sigmoid(logits.slice()).map((mean, i) => Math.min(1, Math.max(0, mean + stddev * noise[i])));
  },
  addCosts(costs, logits, x, stddev, weight) {
    const logNormaliser = Math.log(stddev * Math.sqrt(2 * Math.PI));
    for (let i = 0; i < costs.length; i++) {
      const error = (x[i] - 1 / (1 + Math.exp(-logits[i]))) / stddev;
      costs[i] += weight * (error ** 2 / 2 + logNormaliser);
    }
  },
  ofMean: "means of p(x|z)",
  ofDraw: (stddev) => `σ = ${stddev.toFixed(2)}`,
  ofClipping:
    " Grey levels are clipped to 0…1, also when a draw is used as x: its density is then higher than that of a true draw.",
};

/** By the likelihoods' names in Python. @type {Object<string, Pixels>} */
export const PIXELS_OF = { bernoulli: BERNOULLI, gaussian: GAUSSIAN };

/** Logits as probabilities. @param {Float32Array} values in place */
export function sigmoid(values) {
  for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]));
  return values;
}

/** Whether the nats of both can be compared.
 * @param {{dataset: string, likelihood: Likelihood}} a @param {{dataset: string, likelihood: Likelihood}} b */
export function sameKind(a, b) {
  return a.dataset === b.dataset && a.likelihood.name === b.likelihood.name;
}
