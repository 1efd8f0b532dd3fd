// The markup of the page: the map, beside it the posterior and its numbers, and the rest folded below.

import { fold } from "../../browser/ui/folds.js";

const PICKER = `
<header class="lse-picker" data-testid="picker">
  <select aria-label="model"></select>
  <label hidden><input type="range" min="0"></label>
  <output></output>
  <div class="lse-dial" role="group" aria-label="KL weight β" hidden></div>
</header>`;

const MAP = `
<div class="lse-map">
  ${PICKER}
  <div class="lse-stage" data-testid="heat"></div>
  <section class="lse-views">
    <div class="lse-scale" role="group" aria-label="Scale of the axes">
      <button type="button" data-scale="follow">Follow the codes</button>
      <button type="button" data-scale="shared">Stay on the prior (±4)</button>
      <button type="button" data-scale="fit">Fit all codes</button>
    </div>
    <button type="button" class="lse-nearer" data-testid="nearer" disabled>Zoom to p(z|x)</button>
  </section>
  <p class="lse-caption" data-testid="caption"></p>
</div>`;

const POSTERIOR = `
<section class="lse-close" data-testid="close-up" aria-label="Close-up of the posterior">
  <h2>Close-up of p(z|x)</h2>
  <canvas role="img" aria-label="heat map of the posterior"></canvas>
  <p class="lse-quiet lse-key"><i class="lse-key-heat"></i>p(z|x), exact
    <span class="lse-key-of-q" hidden><i class="lse-key-q"></i>encoder’s q(z|x), 1 and 2 σ</span>
    <span class="lse-key-of-look-up" hidden><i class="lse-key-looked-up"></i><b></b></span>
    <span class="lse-key-of-fit" hidden><i class="lse-key-fitted"></i>q fitted to this image</span></p>
  <p class="lse-quiet lse-modes"></p>
  <p class="lse-misplaced" data-testid="misplaced"></p>
  <p class="lse-quiet lse-progress" data-testid="progress" role="status"></p>
</section>`;

const GIVEN = `
<section class="lse-x" aria-label="The image x">
  <div class="lse-number" data-testid="number"></div>
  <figure><canvas class="lse-x-picture" data-testid="x" width="28" height="28" role="img" aria-label="x"></canvas>
    <figcaption data-testid="x-name"></figcaption></figure>
  <section class="lse-decoded"></section>
  <div class="lse-sketch" data-testid="sketch"></div>
</section>`;

const SUMS = `
<section class="lse-identity" data-testid="identity" aria-label="log p(x) and its two parts">
  <header>
    <h2>log p(x) = ELBO + KL(q ‖ p(z|x))</h2>
    <output class="lse-verdict" data-testid="verdict"></output>
    <button type="button" class="lse-look-it-up" data-testid="look-it-up" title="Find q without the encoder">Look it up</button>
  </header>
  <div class="lse-identity-bars"></div>
  <div class="lse-identity-words"></div>
</section>
<section class="lse-look-up" data-testid="look-up" aria-label="q that was looked up" hidden>
  <h2>q looked up, without the encoder</h2>
  <div class="lse-look-up-words"></div>
  <details class="lse-fold"><summary>How z is looked up</summary>
    <p>A fixed set of points z, spread like the prior, is decoded once for the model. For x the best point is
    argmax p(x|z) p(z) over them, one product of the pixels of x with those of the decoded points. q starts there, as wide
    as p(z|x) is expected to be, and a few natural-gradient steps raise its ELBO. No encoder takes part, so what the
    encoder’s q loses against this q is the cost of one encoder for all images.</p>
  </details>
</section>
<section class="lse-fit" data-testid="fit" aria-label="Two gaps">
  <header>
    <h2>Two gaps</h2>
    <button type="button">Fit q to this image</button>
    <input type="range" min="0" max="1" value="0" step="1" aria-label="step of the fit">
    <output></output>
    <label><input type="checkbox"> full covariance</label>
  </header>
  <div class="lse-fit-bars"></div>
  <div class="lse-fit-words"></div>
  <details><summary>One q for each image, or one encoder for all?</summary>
    <p>The fit starts at the q that was looked up and raises the ELBO of this image to that of the best q. The
    amortisation gap is what the encoder’s q loses against the best q: the cost of one encoder for all images (and, where
    β is not 1, of training with another objective). What remains is the approximation gap: p(z|x) is not such a Gaussian.
    With a full covariance the ellipse can tilt. The encoder’s q cannot tilt, so the gap to it then also contains the cost
    of its diagonal covariance.
    <a href="https://arxiv.org/abs/1801.03558" target="_blank" rel="noopener">Cremer, Li and Duvenaud, 2018</a></p>
  </details>
</section>`;

/** @param {HTMLElement} root */
export function layOut(root) {
  root.innerHTML = `
<div class="lse-first">${MAP}
  <div class="lse-beside"><p class="lse-error" data-testid="error" role="alert" hidden></p>
    <p class="lse-invitation" data-testid="invitation" hidden></p>
    <div class="lse-answered">${POSTERIOR}${GIVEN}${SUMS}</div></div>
</div>
${fold(
  "curves",
  "How close samples come to log p(x), and how many it takes",
  '<section class="lse-curves" data-testid="curves" aria-label="Importance sampling"></section>',
)}
${fold(
  "ancestral",
  "What the model makes up by itself: first a z, then an x",
  '<section class="lse-ancestral" data-testid="ancestral" aria-label="Ancestral sampling"></section>',
)}`;
}
