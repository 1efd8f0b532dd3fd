// Splits long work over many frames, so that the page stays responsive.

const SLICE_MS = 8; // half a frame

/** Run steps for half of each frame. @template T @param {Generator<void, T, void>} steps
 * @param {() => boolean} stale true ends the work @returns {Promise<T | null>} null if stale */
export async function inSlices(steps, stale) {
  let slice = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return stale() ? null : step.value;
    if (performance.now() - slice < SLICE_MS) continue;
    await new Promise(requestAnimationFrame);
    if (stale()) return null;
    slice = performance.now();
  }
}
