// A view is a square window on the latent space, so one unit of z1 is as long as one of z2.

/** @typedef {{x: number, y: number, half: number}} View its centre and half its side, in units of z */

/** The view that all models share: per dimension, one prior draw in 16,000 lies outside it.
 * @type {View} */
export const SHARED_VIEW = Object.freeze({ x: 0, y: 0, half: 4 });

/** The distance from the origin, along the farther axis, that all but a hundredth of the points keep.
 * @param {Float32Array} points [N, 2] row by row */
export function reachOf(points) {
  const distances = new Float32Array(points.length / 2);
  for (let i = 0; i < distances.length; i++) {
    distances[i] = Math.max(Math.abs(points[2 * i]), Math.abs(points[2 * i + 1]));
  }
  return distances.sort()[Math.ceil(0.99 * distances.length) - 1] ?? 0;
}

/** The view of a camera that follows the codes: around the prior's centre, the prior's own view or, where codes reach
 * farther, the next of a ladder of wider ones. On a ladder, codes that move a little do not move the camera.
 * @param {number} reach of the codes, see reachOf
 * @returns {View} */
export function followingView(reach) {
  const rungs = Math.ceil(RUNGS_PER_DOUBLING * Math.log2(reach / SHARED_VIEW.half));
  return { x: 0, y: 0, half: SHARED_VIEW.half * 2 ** (Math.max(0, rungs) / RUNGS_PER_DOUBLING) };
}

const RUNGS_PER_DOUBLING = 2;

/** The view that contains all points, with a margin.
 * @param {Float32Array} points [N, 2] row by row
 * @returns {View} */
export function fitView(points) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < points.length; i++) {
    low[i & 1] = Math.min(low[i & 1], points[i]);
    high[i & 1] = Math.max(high[i & 1], points[i]);
  }
  const half = (1.05 * Math.max(high[0] - low[0], high[1] - low[1])) / 2;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half: half || 1 };
}

/** The smallest view that contains two others. @param {View} a @param {View} b @returns {View} */
export function viewOfBoth(a, b) {
  const [left, right] = [Math.min(a.x - a.half, b.x - b.half), Math.max(a.x + a.half, b.x + b.half)];
  const [low, high] = [Math.min(a.y - a.half, b.y - b.half), Math.max(a.y + a.half, b.y + b.half)];
  return { x: (left + right) / 2, y: (low + high) / 2, half: Math.max(right - left, high - low) / 2 };
}

/** @param {View} a @param {View} b */
export function sameView(a, b) {
  return a.x === b.x && a.y === b.y && a.half === b.half;
}

/** @param {View} from @param {View} to @param {number} share 0..1
 * @returns {View} between them; the zoom is interpolated geometrically, which looks uniform */
export function mixViews(from, to, share) {
  return {
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    half: from.half * (to.half / from.half) ** share,
  };
}

/** @param {View} view @param {number} z1 stays in place, as does @param {number} z2
 * @param {number} factor below 1 zooms in
 * @returns {View} */
export function zoomed({ x, y, half }, z1, z2, factor) {
  return { x: z1 + (x - z1) * factor, y: z2 + (y - z2) * factor, half: half * factor };
}

/** The nearest view that a link can represent. @param {View} view @returns {View} */
export function bounded({ x, y, half }) {
  const clamp = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
    Math.min(high, Math.max(low, value));
  return { x: clamp(x, -1e5, 1e5), y: clamp(y, -1e5, 1e5), half: clamp(half, 1e-4, 1e5) };
}

/** The number of points outside the view. @param {Float32Array} points [N, 2] @param {View} view */
export function countOutside(points, { x, y, half }) {
  let outside = 0;
  for (let i = 0; i < points.length; i += 2) {
    if (Math.max(Math.abs(points[i] - x), Math.abs(points[i + 1] - y)) > half) outside++;
  }
  return outside;
}

/** The position of z in a plot of the given side, in pixels from its top left corner.
 * @param {View} view @param {number} side @param {number} z1 @param {number} z2 */
export function toPixels(view, side, z1, z2) {
  const scale = side / (2 * view.half);
  return [(z1 - view.x + view.half) * scale, (view.y + view.half - z2) * scale];
}

/** The inverse of toPixels.
 * @param {View} view @param {number} side @param {number} left @param {number} top */
export function toLatent(view, side, left, top) {
  const scale = (2 * view.half) / side;
  return [view.x - view.half + left * scale, view.y + view.half - top * scale];
}

/** The index of the point nearest to a place on the plot, or -1 if no visible one is within reach.
 * @param {Float32Array} points [N, 2] @param {(index: number) => boolean} shows
 * @param {number} z1 @param {number} z2 @param {number} reach in units of z */
export function nearestPoint(points, shows, z1, z2, reach) {
  let best = reach * reach;
  let found = -1;
  for (let i = 0; i < points.length / 2; i++) {
    const distance = (points[2 * i] - z1) ** 2 + (points[2 * i + 1] - z2) ** 2;
    if (distance < best && shows(i)) {
      best = distance;
      found = i;
    }
  }
  return found;
}

/** The index of the nearest point in a direction, 45 degrees to either side, or -1 if the window shows none there.
 * @param {Float32Array} points [N, 2] @param {(index: number) => boolean} shows @param {View} view the window
 * @param {ArrayLike<number>} from [2] @param {[number, number]} direction to the right and up: -1, 0 or 1
 * @param {number} least distance, in units of z */
export function nextPoint(points, shows, view, from, [right, up], least) {
  let best = Infinity;
  let found = -1;
  for (let i = 0; i < points.length / 2; i++) {
    const [z1, z2] = [points[2 * i], points[2 * i + 1]];
    const [across, along] = right ? [z2 - from[1], (z1 - from[0]) * right] : [z1 - from[0], (z2 - from[1]) * up];
    const distance = Math.hypot(across, along);
    if (distance < least || distance >= best || along < Math.abs(across) || !shows(i)) continue;
    if (Math.max(Math.abs(z1 - view.x), Math.abs(z2 - view.y)) > view.half) continue;
    best = distance;
    found = i;
  }
  return found;
}
