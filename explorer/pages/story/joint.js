// The parts of -log p(x, z) of one image at one point, at once: for what follows a hand.

/** @typedef {import("../../browser/net/decoder.js").Decoder} Decoder */

/** -log p(x|z) of binary pixels in nats. @param {Decoder} decoder @param {Float32Array} x @param {Float32Array} z */
export function costAt(decoder, x, z) {
  const logits = decoder.logits(z);
  let nats = 0;
  for (let i = 0; i < x.length; i++) nats += softplus(logits[i]) - x[i] * logits[i];
  return nats;
}

/** @param {number} logit */
function softplus(logit) {
  return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
}

/** -log p(z) in nats, where p(z) = N(0, I). @param {Float32Array} z */
export function priorCost(z) {
  return (z[0] ** 2 + z[1] ** 2) / 2 + Math.log(2 * Math.PI);
}
