// A drawing as text for a link: its strokes with fewer points, each of three letters.

/** From one point to the next, in whole pixels of the pad, each in 0..LAST. @typedef {[number, number][]} Stroke */

export const LAST = 511; // two coordinates of 9 bits are three letters of 6 bits
const TOLERANCE = 1.5; // pixels of the pad, which is a tenth of a pixel of the picture
const LONGEST = 2000; // characters, as in Python; a 3 of straight lines has 18
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BETWEEN_STROKES = ".";

/** A stroke without the points that lie within TOLERANCE of the line between their neighbours.
 *
 * Source: Douglas and Peucker, 1973, Algorithms for the reduction of the number of points
 * @param {Stroke} stroke @returns {Stroke} */
export function simplified(stroke) {
  const [first, last] = [stroke[0], stroke[stroke.length - 1]];
  let [farthest, at] = [0, 0];
  stroke.forEach((point, i) => {
    const distance = distanceOf(point, first, last);
    if (distance > farthest) [farthest, at] = [distance, i];
  });
  if (farthest > TOLERANCE) return [...simplified(stroke.slice(0, at + 1)).slice(0, -1), ...simplified(stroke.slice(at))];
  return stroke.length > 1 ? [first, last] : [first];
}

/** From a point to a piece of a line. @param {[number, number]} point @param {[number, number]} from
 * @param {[number, number]} to */
function distanceOf([x, y], [fromX, fromY], [toX, toY]) {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const squared = alongX ** 2 + alongY ** 2;
  const share = squared && Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / squared));
  return Math.hypot(x - fromX - share * alongX, y - fromY - share * alongY);
}

/** @param {Stroke[]} strokes @returns {string} "" if nothing is drawn, or too much for a link */
export function textOf(strokes) {
  const text = strokes.map((stroke) => stroke.map(lettersOf).join("")).join(BETWEEN_STROKES);
  return text.length > LONGEST ? "" : text;
}

/** @param {[number, number]} point */
function lettersOf([x, y]) {
  const bits = x * (LAST + 1) + y;
  return LETTERS[bits >> 12] + LETTERS[(bits >> 6) & 63] + LETTERS[bits & 63];
}

/** The inverse of textOf. @param {string} text already checked by Python @returns {Stroke[]} */
export function strokesOf(text) {
  return text.split(BETWEEN_STROKES).flatMap((stroke) => {
    const points = stroke.match(/.{3}/g)?.map(pointOf);
    return points ? [points] : [];
  });
}

/** @param {string} letters @returns {[number, number]} */
function pointOf(letters) {
  const bits = Array.from(letters, (letter) => LETTERS.indexOf(letter)).reduce((sum, value) => 64 * sum + value, 0);
  return [Math.floor(bits / (LAST + 1)), bits % (LAST + 1)];
}
