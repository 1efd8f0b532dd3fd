// Gaussians q(z) in the plane of z.

/** N(mean, tril tril^T); tril is lower triangular, with a positive diagonal.
 * @typedef {{mean: number[], tril: number[][]}} Gaussian */

const LOG_2PI = Math.log(2 * Math.PI);

/** An encoder's q, whose dimensions are independent. @param {{mean: ArrayLike<number>, stddev: ArrayLike<number>}} q
 * @returns {Gaussian} */
export function diagonal({ mean, stddev }) {
  return { mean: Array.from(mean), tril: [[stddev[0], 0], [0, stddev[1]]] };
}

/** Points xi [P, 2] of N(0, I) as points of q: z = m + L xi. @param {Gaussian} q @param {Float64Array} xi */
export function placed({ mean, tril: [[a], [b, c]] }, xi) {
  const z = new Float64Array(xi.length);
  for (let i = 0; i < xi.length; i += 2) {
    z[i] = mean[0] + a * xi[i];
    z[i + 1] = mean[1] + b * xi[i] + c * xi[i + 1];
  }
  return z;
}

/** log q(z) at z = m + L xi. @param {Gaussian} q @param {number} xi1 @param {number} xi2 */
export function logDensityAt({ tril }, xi1, xi2) {
  return -LOG_2PI - (xi1 * xi1 + xi2 * xi2) / 2 - Math.log(tril[0][0] * tril[1][1]);
}

/** KL(q || N(0, I)) in nats. @param {Gaussian} q */
export function klToPrior({ mean: [m1, m2], tril: [[a], [b, c]] }) {
  return (a * a + b * b + c * c + m1 * m1 + m2 * m2 - 2) / 2 - Math.log(a * c);
}

/** The lower triangular L with L L^T = M M^T, for a matrix M with a positive determinant.
 * @param {number[][]} matrix @returns {number[][]} */
export function lower([[a, b], [c, d]]) {
  const first = Math.hypot(a, b);
  return [[first, 0], [(a * c + b * d) / first, (a * d - b * c) / first]];
}
