// The markup of the page: a map for each run, and the shared controls.

const PANE = `
<section class="lse-pane" data-testid="pane">
  <h2 class="lse-label"></h2>
  <div class="lse-stage"></div>
  <div class="lse-details">
    <div class="lse-invitation"></div>
    <section class="lse-decoded"></section>
    <p class="lse-shown" data-testid="shown"></p>
  </div>
  <section class="lse-image" data-testid="image"></section>
</section>`;

const TIMELINE = `
<section class="lse-timeline">
  <button type="button" data-testid="play" title="space: play or stop; arrow keys: from frame to frame">
    <svg viewBox="0 0 16 16" aria-hidden="true"><path /></svg>
  </button>
  <div class="lse-rail">
    <div class="lse-ticks" aria-hidden="true"></div>
    <input type="range" min="0" step="1" data-testid="timeline" aria-label="training step; arrow keys go from frame to frame, space plays">
  </div>
  <output class="lse-step"></output>
  <button type="button" data-testid="live" aria-pressed="true">Live</button>
</section>`;

const VIEWS = `
<section class="lse-views">
  <div class="lse-scale" role="group" aria-label="Scale of the axes">
    <button type="button" data-scale="follow">Follow the codes</button>
    <button type="button" data-scale="shared">Stay on the prior (±4)</button>
    <button type="button" data-scale="fit">Fit all codes</button>
  </div>
</section>
<p class="lse-caption" data-testid="caption"></p>
<p class="lse-error" data-testid="error" role="alert" hidden></p>`;

const FIGURES = `
<section class="lse-figures">
  <table class="lse-numbers" data-testid="numbers"></table>
  <section class="lse-curves" data-testid="curves">
    <div class="lse-keys"></div>
    <div class="lse-chart"><div class="lse-lines"></div></div>
  </section>
</section>`;

/** @param {HTMLElement} root @param {number} count the number of runs, one or two
 * @returns {HTMLElement[]} a pane for each */
export function layOut(root, count) {
  root.innerHTML = `<div class="lse-layout">${PANE.repeat(count)}${TIMELINE}${VIEWS}${FIGURES}</div>`;
  root.dataset.runs = String(count);
  // With a single map, its picture, numbers and curves form one column beside it.
  const figures = /** @type {HTMLElement} */ (root.querySelector(".lse-figures"));
  if (count === 1) root.querySelector(".lse-details")?.append(figures);
  return [...root.querySelectorAll(".lse-pane")].map((pane) => /** @type {HTMLElement} */ (pane));
}
