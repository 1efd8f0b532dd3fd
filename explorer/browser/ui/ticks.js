// Axis ticks, and the formats of numbers in nats.

/** Round numbers from low to high, about as many as wanted, with enough decimals to differ.
 * @param {number} low @param {number} high @param {number} wanted @returns {{value: number, text: string}[]} */
export function ticksBetween(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: signed(value, decimals) };
  });
}

/** A number with a minus sign instead of a hyphen. @param {number} value @param {number} decimals */
export function signed(value, decimals) {
  return (Number(value.toFixed(decimals)) + 0).toFixed(decimals).replace("-", "−");
}

/** A value rounded up to one digit. @param {number} value not negative */
export function atMost(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return tiny(Math.ceil(value / power) * power);
}

/** A small quantity with one digit: 0.0003, or 2e−9. @param {number} value */
export function tiny(value) {
  if (!value) return "0";
  if (Math.abs(value) < 1e-6) return value.toExponential(0).replace(/-/g, "−");
  return Number(value.toPrecision(1))
    .toFixed(7)
    .replace(/\.?0+$/, "")
    .replace("-", "−");
}
