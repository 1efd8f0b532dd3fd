// Points of z that are spread like the prior: for sums over z, and to look z up.

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const STEP = 1e-3; // of the table of the normal distribution function
const REACH = 6;

/** The normal distribution function from -REACH on, every STEP. */
const cumulative = (() => {
  let sum = 0;
  return Float64Array.from({ length: (2 * REACH) / STEP }, (_, i) => {
    const middle = -REACH + (i + 0.5) * STEP;
    return (sum += (STEP * Math.exp(-(middle ** 2) / 2)) / Math.sqrt(2 * Math.PI));
  });
})();

/** Where the normal distribution function is ``share``, within 1e-5 up to 4 sigma. @param {number} share in 0..1 */
export function normalQuantile(share) {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] < share) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [cumulative[low - 1] ?? 0, cumulative[low]];
  return -REACH + STEP * (low + Math.min(1, (share - before) / (after - before)));
}

/** The points of models.lattice.fixed_points. @param {number} count @returns {Float64Array} [K, 2] */
export function fixedPoints(count) {
  return Float64Array.from({ length: 2 * count }, (_, i) => {
    const k = (i >> 1) + 0.5;
    return normalQuantile(i & 1 ? (k * GOLDEN) % 1 : k / count);
  });
}
