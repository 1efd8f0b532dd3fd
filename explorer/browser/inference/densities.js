// log p(x|z) of one image at decoded points, by likelihood; the counterpart of models/likelihood.py.

/** @typedef {import("./batched_decoder.js").Decoded} Decoded */
/** The logits of a batch in the kernel's memory, and space for two float64 of each point, in bytes.
 * @typedef {{logits: number, points: number, pixels: number, sums: number}} Batch */
/** finish: make the logits the parameters, and return what does not depend on x [P]; logLikelihood: log p(x|z) in nats
 * at one of the decoded points, given the pixels that are not 0; magnitude: the sum of the magnitudes that it rounds
 * there; highest: an upper bound of log p(x|z) over all x and z; divergence: KL(p(x|z) || p(x|z')) +
 * KL(p(x|z') || p(x|z)) in nats for two of the decoded points.
 * @typedef {{
 *   finish: (kernel: import("./kernel.js").Kernel, batch: Batch) => Float64Array,
 *   logLikelihood: (decoded: Decoded, point: number, x: Float32Array, inked: Uint16Array) => number,
 *   magnitude: (decoded: Decoded, point: number, x: Float32Array) => number,
 *   highest: (pixels: number) => number,
 *   divergence: (decoded: Decoded, one: number, other: number) => number,
 * }} Density */

const BYTES = 4;

/** log Bernoulli(x; logits) = sum_j x_j logit_j - softplus(logit_j). @type {Density} */
const BERNOULLI = {
  finish(kernel, { logits, points, pixels, sums }) {
    kernel.softplus(logits, BYTES * pixels, points, sums);
    const found = new Float64Array(kernel.memory.buffer, sums, 2 * points);
    return Float64Array.from({ length: points }, (_, point) => found[2 * point] + Math.log(found[2 * point + 1]));
  },
  logLikelihood({ parameters, alone }, point, x, inked) {
    const from = point * x.length;
    let sum = 0;
    for (let i = 0; i < inked.length; i++) sum += x[inked[i]] * parameters[from + inked[i]];
    return sum - alone[point];
  },
  magnitude({ parameters, alone }, point, x) {
    const from = point * x.length;
    return x.reduce((sum, each, j) => sum + each * Math.abs(parameters[from + j]), alone[point]);
  },
  highest: () => 0, // no probability exceeds 1
  divergence({ parameters, alone }, one, other) {
    const pixels = parameters.length / alone.length;
    return sumOver(pixels, (j) => {
      const [first, second] = [parameters[one * pixels + j], parameters[other * pixels + j]];
      return (1 / (1 + Math.exp(-first)) - 1 / (1 + Math.exp(-second))) * (first - second);
    });
  },
};

/** log N(x; sigmoid(logits), stddev^2). @param {number} stddev @returns {Density} */
function gaussian(stddev) {
  const logNormaliser = Math.log(stddev * Math.sqrt(2 * Math.PI));
  const precision = stddev ** -2;
  return {
    finish(kernel, { logits, points, pixels }) {
      kernel.sigmoid(logits, logits + BYTES * points * pixels);
      return new Float64Array(points).fill(pixels * logNormaliser);
    },
    logLikelihood({ parameters, alone }, point, x) {
      const from = point * x.length;
      let sum = 0;
      for (let j = 0; j < x.length; j++) sum += (x[j] - parameters[from + j]) ** 2;
      return (-sum * precision) / 2 - alone[point];
    },
    magnitude({ parameters }, point, x) {
      const from = point * x.length;
      return x.reduce((sum, each, j) => sum + parameters[from + j] * Math.abs(each - parameters[from + j]) * precision, 0);
    },
    highest: (pixels) => -pixels * logNormaliser,
    divergence({ parameters, alone }, one, other) {
      const pixels = parameters.length / alone.length;
      return sumOver(pixels, (j) => precision * (parameters[one * pixels + j] - parameters[other * pixels + j]) ** 2);
    },
  };
}

/** @param {number} count @param {(i: number) => number} term */
function sumOver(count, term) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

/** @param {string} likelihood its name in Python @param {number} stddev sigma of a pixel, if the likelihood has one */
export function densityOf(likelihood, stddev) {
  return likelihood === "gaussian" ? gaussian(stddev) : BERNOULLI;
}
