// The animation of the map from one placement to another, one step per frame.

import { mixViews } from "./view.js";

/** The duration of an animation between two models, or two moments of a run. */
export const GLIDE_MS = 800;

/** Where everything on the map stands at one moment: points [N, 2], the positions of the class labels, and the view.
 * @typedef {{points: Float32Array, labelPositions: number[][], view: import("./view.js").View}} Placement */

/** Animate between two placements.
 * @param {Placement} from @param {Placement} to @param {number} duration in ms
 * @param {(place: Placement, arrived: boolean) => void} show called once per frame, the last time with ``to`` itself
 * @returns {() => void} stops the animation at its current placement */
export function glide(from, to, duration, show) {
  const jump = matchMedia("(prefers-reduced-motion: reduce)").matches || from.points.length !== to.points.length;
  const points = new Float32Array(to.points.length);
  const start = performance.now();
  let stopped = false;
  const frame = (/** @type {number} */ now) => {
    if (stopped) return;
    const progress = jump ? 1 : Math.max(0, now - start) / duration;
    if (progress >= 1) return show(to, true);
    const share = progress * progress * (3 - 2 * progress);
    const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * share;
    for (let i = 0; i < points.length; i++) points[i] = mix(from.points[i], to.points[i]);
    const labelPositions = to.labelPositions.map((place, digit) => {
      return place.map((end, axis) => mix(from.labelPositions[digit][axis], end));
    });
    show({ points, labelPositions, view: mixViews(from.view, to.view, share) }, false);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => (stopped = true);
}
