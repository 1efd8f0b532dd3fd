// The markup: the two densities, and for each direction the integrand and the divergence.

const DENSITIES = `
<section class="lse-controls">
  <button type="button" data-act="humps" data-testid="two-humped" aria-pressed="false">Bimodal target p</button>
  <button type="button" data-act="qp" data-testid="fit-qp">Fit q by KL(q‖p)</button>
  <button type="button" data-act="pq" data-testid="fit-pq">Fit q by KL(p‖q)</button>
  <p class="lse-quiet lse-outcome" data-testid="outcome" aria-live="polite"></p>
</section>
<section class="lse-graph lse-densities" data-testid="densities">
  <p class="lse-heights"></p>
  <div class="lse-frame">
    <svg class="lse-drawing" preserveAspectRatio="none" aria-hidden="true">
      <path class="lse-p" /><path class="lse-q" /><path class="lse-zero" />
    </svg>
    <div class="lse-grips"></div>
  </div>
  <p class="lse-ticks"></p>
</section>`;

/** @param {string} id @param {string} q the density of the average @param {string} p the density compared with it */
const directionOf = (id, q, p) => `
<section class="lse-direction" data-direction="${id}" data-testid="kl-${id}">
  <h3>KL(${q}‖${p}) = ∫ ${q} log(${q}/${p}) dx</h3>
  <p class="lse-total"><strong></strong> <span></span></p>
  <div class="lse-graph lse-integrand">
    <p class="lse-heights"></p>
    <div class="lse-frame">
      <svg class="lse-drawing" preserveAspectRatio="none" role="img" aria-label="${q} log(${q}/${p}) over x">
        <path class="lse-above" /><path class="lse-below" /><path class="lse-zero" />
      </svg>
    </div>
    <p class="lse-ticks"></p>
  </div>
  <p class="lse-quiet lse-parts"></p>
  <table class="lse-lengths">
    <thead><tr><td></td><th>nats</th><th>bits</th><th>code length,<br />bits a value</th></tr></thead>
    <tbody>
      <tr data-row="entropy"><th>Entropy H(${q})<small>the best code for ${q}</small></th><td></td><td></td><td></td></tr>
      <tr data-row="cross"><th>Cross-entropy H(${q},${p})<small>a code built for ${p}</small></th><td></td><td></td><td></td></tr>
      <tr data-row="waste"><th><span class="lse-kl">H(${q},${p}) − H(${q})</span><small>KL(${q}‖${p}), the extra length</small></th><td></td><td></td><td></td></tr>
    </tbody>
  </table>
</section>`;

const RESOLUTION = `
<label class="lse-resolution">Code lengths at the resolution
  <input type="range" min="-2" max="-0.7" step="0.05" value="-1" data-testid="resolution" aria-label="log10 of the resolution" />
  <output></output>
</label>`;

/** @param {HTMLElement} root */
export function layOut(root) {
  root.innerHTML = `${DENSITIES}<div class="lse-directions">${directionOf("qp", "q", "p")}${directionOf("pq", "p", "q")}</div>${RESOLUTION}`;
}
