// The markup of one map and of its decoded picture, shared by all pages.

const STAGE = `
<canvas class="lse-points" aria-hidden="true"></canvas>
<div class="lse-axes"></div>
<div class="lse-legend" role="toolbar" aria-label="Classes shown; arrow keys go from one to the next"></div>
<div class="lse-plot" role="application" tabindex="0" aria-label="map">
  <svg class="lse-marks" aria-hidden="true"></svg>
  <i class="lse-ring" data-testid="ring" hidden></i>
  <canvas class="lse-thumbnail" data-testid="thumbnail" width="28" height="28" hidden></canvas>
  <i class="lse-lit" data-testid="lit" hidden></i>
  <p class="lse-waiting" data-testid="waiting" hidden></p>
  <div class="lse-handle" data-testid="handle" role="slider" tabindex="0" aria-valuenow="0"
    aria-label="the point z; arrow keys move it"><span>drag me</span><b class="lse-away" data-testid="away" hidden><i>➤</i> <small></small></b></div>
  <figure class="lse-hover" data-testid="hover" hidden></figure>
  <p class="lse-spoken" role="status"></p>
  <p class="lse-hint" data-testid="wheel-hint" hidden>ctrl + wheel zooms, or click the map first</p>
  <div class="lse-zoom">
    <button type="button" data-zoom="in" aria-label="Zoom in at the handle">+</button>
    <button type="button" data-zoom="out" aria-label="Zoom out at the handle">−</button>
  </div>
</div>`;

const DECODED = `
<canvas class="lse-picture" data-testid="decoded" width="28" height="28" role="img" aria-label="decoded picture"></canvas>
<div>
  <h2>Decoded at z</h2>
  <p class="lse-z" data-testid="z"></p>
  <p class="lse-where" data-testid="where"></p>
  <p class="lse-ink" data-testid="ink"></p>
  <p class="lse-quiet lse-meaning"></p>
</div>`;

/** Fill the stages and the decoded pictures of a page. @param {HTMLElement} root */
export function build(root) {
  for (const stage of root.querySelectorAll(".lse-stage")) stage.innerHTML = STAGE;
  for (const section of root.querySelectorAll(".lse-decoded")) section.innerHTML = DECODED;
}
