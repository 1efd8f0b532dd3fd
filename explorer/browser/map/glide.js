// The map in motion: from where everything stands to where it belongs, one picture a frame.

import { mixViews } from "./view.js";

/** From one model, or one moment of a run, to another. */
export const GLIDE_MS = 800;

/** Where everything on the map stands at one moment: points [N, 2], the class letters, and the window on them.
 * @typedef {{points: Float32Array, letters: number[][], view: import("./view.js").View}} Placement */

/** Glide between two placements.
 * @param {Placement} from @param {Placement} to @param {number} duration in ms
 * @param {(place: Placement, arrived: boolean) => void} show once a frame; the last one shows ``to`` itself
 * @returns {() => void} stops the glide where it is */
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
    const letters = to.letters.map((place, digit) => place.map((end, axis) => mix(from.letters[digit][axis], end)));
    show({ points, letters, view: mixViews(from.view, to.view, share) }, false);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => (stopped = true);
}
