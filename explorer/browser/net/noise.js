// Random draws that a seed reproduces in every browser and for both models.

/** Uniform draws in [0, 1) of 32 bits: mulberry32 by Tommy Ettinger, 2017, in the public domain,
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 * @param {number} seed a whole number @returns {() => number} */
export function uniformDraws(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal draws, by pairs: Box and Muller, 1958, A note on the generation of random normal deviates,
 * https://doi.org/10.1214/aoms/1177706645
 * @param {number} pairs @param {() => number} uniform @returns {Float32Array} [pairs, 2] */
export function normalDraws(pairs, uniform) {
  const draws = new Float32Array(2 * pairs);
  for (let i = 0; i < 2 * pairs; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 - u is never 0
    const angle = 2 * Math.PI * uniform();
    draws[i] = radius * Math.cos(angle);
    draws[i + 1] = radius * Math.sin(angle);
  }
  return draws;
}
