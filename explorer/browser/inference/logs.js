// Sums of numbers that are given as logarithms.

/** log sum exp. @param {ArrayLike<number>} logs @returns {number} -Infinity of none */
export function logSum(logs) {
  let most = -Infinity;
  for (let i = 0; i < logs.length; i++) most = Math.max(most, logs[i]);
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i] - most);
  return most + Math.log(sum);
}

/** @param {number[]} logs */
export function logAdd(...logs) {
  return logSum(logs);
}
