// The animation of the map from one placement to another, one step per frame: the codes move first, at the scale that
// they had, and then the camera. So the eye sees how far they moved, and that they were not rescaled meanwhile.

import { mixViews, sameView } from "./view.js";

/** How long the codes move, and then the camera, between two models, in ms. */
export const GLIDE = { codes: 800, camera: 700 };

/** Where everything on the map stands at one moment: the mean and sigma of each q(z|x), [N, 2], the positions of the
 * class labels, and the view.
 * @typedef {{points: Float32Array, stddev: Float32Array, labelPositions: number[][],
 *   view: import("./view.js").View}} Placement */

/** Animate between two placements. The camera's time is left out if it does not move.
 * @param {Placement} from @param {Placement} to @param {{codes: number, camera: number}} duration in ms
 * @param {(place: Placement, arrived: boolean) => void} show called once per frame, the last time with ``to`` itself
 * @returns {() => void} stops the animation at its current placement */
export function glide(from, to, duration, show) {
  const jump = matchMedia("(prefers-reduced-motion: reduce)").matches || from.points.length !== to.points.length;
  const codes = { points: new Float32Array(to.points.length), stddev: new Float32Array(to.points.length) };
  const end = duration.codes + (sameView(from.view, to.view) ? 0 : duration.camera);
  const start = performance.now();
  let stopped = false;
  const frame = (/** @type {number} */ now) => {
    if (stopped) return;
    const passed = Math.max(0, now - start);
    if (jump || passed >= end) return show(to, true);
    const followed = (passed - duration.codes) / duration.camera;
    if (followed >= 0) show({ ...to, view: mixViews(from.view, to.view, eased(followed)) }, false);
    else show({ ...mixCodes(from, to, eased(passed / duration.codes), codes), view: from.view }, false);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => (stopped = true);
}

/** @param {number} progress 0..1, with a soft start and end */
function eased(progress) {
  return progress * progress * (3 - 2 * progress);
}

/** @param {Placement} from @param {Placement} to @param {number} share 0..1
 * @param {{points: Float32Array, stddev: Float32Array}} codes are overwritten by those between the two */
function mixCodes(from, to, share, { points, stddev }) {
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * share;
  for (let i = 0; i < points.length; i++) {
    points[i] = mix(from.points[i], to.points[i]);
    stddev[i] = mix(from.stddev[i], to.stddev[i]);
  }
  const labelPositions = to.labelPositions.map((place, digit) => {
    return place.map((end, axis) => mix(from.labelPositions[digit][axis], end));
  });
  return { points, stddev, labelPositions };
}
