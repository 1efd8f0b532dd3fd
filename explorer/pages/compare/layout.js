// The markup of the page: two maps with their decoded pictures beside them, and the comparison below.

/** @param {string} letter */
const side = (letter) => `
<section class="lse-pane" data-testid="pane" data-side="${letter}">
  <header class="lse-picker" data-testid="picker">
    <b class="lse-badge">${letter}</b>
    <select aria-label="model ${letter}"></select>
    <label class="lse-moment" hidden>
      <input type="range" min="0" step="1" data-testid="moment" aria-label="step of the run ${letter}">
    </label>
    <output></output>
    <div class="lse-dial" role="group" aria-label="KL weight β of model ${letter}" hidden></div>
  </header>
  <div class="lse-stage"></div>
  <div class="lse-flank">
    <section class="lse-decoded"></section>
    <div>
      <small class="lse-mean"></small>
      <dl class="lse-brief" data-testid="brief"></dl>
      <p class="lse-quiet lse-floor"></p>
    </div>
  </div>
</section>`;

const SECTIONS = `
<svg class="lse-threads" data-testid="threads" aria-hidden="true"></svg>
<section class="lse-views">
  <div class="lse-scale" role="group" aria-label="Scale of the axes">
    <button type="button" data-scale="follow">Follow the codes</button>
    <button type="button" data-scale="shared">Stay on the prior (±4)</button>
    <button type="button" data-scale="fit">Fit both</button>
    <button type="button" data-scale="own">Own windows</button>
  </div>
  <button type="button" class="lse-lines" data-testid="lines" aria-pressed="false">Join the classes</button>
  <span class="lse-save-maps"></span>
</section>
<p class="lse-caption" data-testid="caption"></p>
<p class="lse-error" data-testid="error" role="alert" hidden></p>
<section class="lse-panel lse-one" aria-label="One image">
  <div class="lse-draw">
    <h2>Draw a digit</h2>
    <div class="lse-pad" data-testid="pad"></div>
    <div class="lse-given" data-testid="given"></div>
  </div>
  <div class="lse-costs">
    <h2>What one image costs <span class="lse-save-receipt"></span></h2>
    <div class="lse-number" data-testid="number"></div>
    <div class="lse-receipt" data-testid="receipt"></div>
  </div>
</section>
<section class="lse-panel lse-measures" data-testid="measures" aria-label="Every model in numbers"></section>
<section class="lse-panel lse-plane" data-testid="plane" aria-label="Rate and distortion"></section>
<section class="lse-panel lse-samples" data-testid="samples" aria-label="Prior draws"></section>`;

/** @param {HTMLElement} root @returns {HTMLElement[]} the two sides */
export function layOut(root) {
  root.innerHTML = `<div class="lse-layout">${side("A")}${side("B")}${SECTIONS}</div>`;
  return [...root.querySelectorAll(".lse-pane")].map((pane) => /** @type {HTMLElement} */ (pane));
}
