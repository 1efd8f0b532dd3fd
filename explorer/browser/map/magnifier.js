// A magnifier beside a code whose ellipse is too small to see: one sigma of q(z|x), enlarged.

import { svg } from "../ui/dom.js";
import { smallType } from "../ui/type.js";
import { toPixels } from "./view.js";

const VISIBLE_PX = 1; // half axis of an ellipse that needs no magnifier
const LENS_PX = 34; // radius of the lens
const ENLARGED_PX = 22; // longer half axis of the ellipse in the lens
const AWAY_PX = 68; // from the code to the middle of the lens, in both directions

/** @param {import("./view.js").View} view @param {number} side of the plot, in pixels
 * @param {import("./scene.js").Code} code @returns {SVGElement[]} nothing for a visible ellipse or a code out of sight */
export function magnifier(view, side, { z1, z2, sigma1, sigma2 }) {
  const scale = side / (2 * view.half);
  const longer = scale * Math.max(sigma1, sigma2);
  const [x, y] = toPixels(view, side, z1, z2);
  if (!(longer < VISIBLE_PX) || Math.min(x, y) < 0 || Math.max(x, y) > side) return [];
  const factor = roundedDown(ENLARGED_PX / longer);
  // Above the code where the words have room: the scale bar and the prior's name are below.
  const room = AWAY_PX + LENS_PX + 3.5 * smallType();
  const [cx, cy] = [x + (x > side / 2 ? -AWAY_PX : AWAY_PX), y + (y > room ? -AWAY_PX : AWAY_PX)];
  const length = Math.hypot(cx - x, cy - y);
  const [edgeX, edgeY] = [cx - (LENS_PX * (cx - x)) / length, cy - (LENS_PX * (cy - y)) / length];
  const halves = { rx: factor * scale * sigma1, ry: factor * scale * sigma2 };
  return [
    svg("path", { d: `M${x} ${y}L${edgeX} ${edgeY}`, class: "lse-lens" }),
    svg("circle", { cx, cy, r: LENS_PX, class: "lse-lens", "data-testid": "magnifier" }),
    svg("ellipse", { cx, cy, ...halves, class: "lse-magnified" }),
    svg("circle", { cx, cy, r: 1.5, class: "lse-chosen" }),
    ...words(cx, cy, cy < y, [
      `1 σ, × ${factor.toLocaleString("en")}`,
      `σ = ${[sigma1, sigma2].map(short).join(", ")}`,
      "in units of z",
    ]),
  ];
}

/** To two digits, so that the words state the factor that is drawn. @param {number} factor */
function roundedDown(factor) {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(factor)) - 1);
  return Math.max(1, Math.floor(factor / unit)) * unit;
}

/** @param {number} sigma */
function short(sigma) {
  return sigma < 1e-3 ? sigma.toFixed(6) : sigma.toPrecision(2);
}

/** Lines on the side of the lens that is away from the code. @param {number} x @param {number} y of the lens
 * @param {boolean} above @param {string[]} lines */
function words(x, y, above, lines) {
  const step = 1.15 * smallType();
  const first = above ? Math.max(step / 2, y - LENS_PX - step * lines.length + 4) : y + LENS_PX + step - 4;
  return lines.map((line, i) => {
    const text = svg("text", { x, y: first + i * step, "text-anchor": "middle", class: "lse-lens-words" });
    text.textContent = line;
    return text;
  });
}
