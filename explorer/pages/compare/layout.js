// The markup of the page: what is encoded and the two maps between what they decode, and the comparison folded below.

import { fold } from "../../browser/ui/folds.js";

/** @param {string} letter */
const side = (letter) => `
<section class="lse-pane" data-testid="pane" data-side="${letter}">
  <div class="lse-chart">
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
  </div>
  <div class="lse-flank">
    <section class="lse-decoded"></section>
    <div>
      <small class="lse-mean"></small>
      <dl class="lse-brief" data-testid="brief"></dl>
      <div class="lse-floor"></div>
    </div>
  </div>
</section>`;

const SECTIONS = `
<svg class="lse-threads" data-testid="threads" aria-hidden="true"></svg>
<section class="lse-views">
  <div class="lse-scale" role="group" aria-label="Handles">
    <small>Handles</small>
    <button type="button" data-handles="linked" title="Both handles stand at one z and move together">One z for both</button>
    <button type="button" data-handles="own" title="Each handle stands at its own code of the selected image, and moves alone">Each its own z</button>
  </div>
  <button type="button" class="lse-lines" data-testid="lines" aria-pressed="false">Join the classes</button>
  <span class="lse-save-maps"></span>
  <span class="lse-presented"></span>
  <div class="lse-scale" role="group" aria-label="Scale of the axes">
    <small>Window</small>
    <button type="button" data-scale="follow">Follow the codes</button>
    <button type="button" data-scale="shared">Stay on the prior (±4)</button>
    <button type="button" data-scale="fit">One that fits both</button>
    <button type="button" data-scale="own">Each its own</button>
  </div>
</section>
<p class="lse-caption" data-testid="caption"></p>
<section class="lse-draw" aria-label="One image">
  <h2>Draw a digit</h2>
  <div class="lse-pad" data-testid="pad"></div>
  <div class="lse-number" data-testid="number"></div>
</section>
<div class="lse-given" data-testid="given"></div>
<p class="lse-error" data-testid="error" role="alert" hidden></p>
${fold(
  "receipt",
  "What one image costs each model, term by term and pixel by pixel",
  `<div class="lse-costs">
    <span class="lse-save-receipt"></span>
    <div class="lse-receipt" data-testid="receipt"></div>
  </div>`,
)}
${fold(
  "measures",
  "What each β gains and what it loses, in numbers",
  '<div class="lse-measures" data-testid="measures"></div>',
)}
${fold(
  "plane",
  "How nats of reconstruction are paid for in nats of KL: every model as a point",
  '<div class="lse-plane" data-testid="plane"></div>',
)}
${fold(
  "samples",
  "What the decoders make of a random z, and where they were never trained",
  '<div class="lse-samples" data-testid="samples"></div>',
)}`;

/** @param {HTMLElement} root @returns {HTMLElement[]} the two sides */
export function layOut(root) {
  root.innerHTML = `<div class="lse-layout">${side("A")}${side("B")}${SECTIONS}</div>`;
  return [...root.querySelectorAll(".lse-pane")].map((pane) => /** @type {HTMLElement} */ (pane));
}
