// The rate-distortion curve of the dial in miniature, and where the current model stands on it.

import { element, svg } from "../../browser/ui/dom.js";

/** @typedef {{reconstruction: number, kl: number}} Terms in nats per image */

// Of a picture whose type has 16 units.
const [WIDTH, HEIGHT] = [224, 88];
const MARGIN = { left: 38, right: 8, top: 8, bottom: 24 };

export class RateDistortion {
  /** @param {Object<string, number>[]} metrics along the dial */
  constructor(metrics) {
    const rates = metrics.map(({ kl }) => kl);
    const distortions = metrics.map(({ reconstruction }) => reconstruction);
    this.rate = { low: 0, high: Math.max(...rates) };
    this.distortion = { low: Math.min(...distortions), high: Math.max(...distortions) };
    const path = metrics.map((_, i) => this.placeOf({ kl: rates[i], reconstruction: distortions[i] }).join(" "));
    this.dot = svg("circle", { r: 5, class: "lse-rd-dot" });
    const [left, bottom] = [MARGIN.left, HEIGHT - MARGIN.bottom];
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "rate-distortion curve" });
    picture.append(
      svg("path", { d: `M${left} ${MARGIN.top}V${bottom}H${WIDTH - MARGIN.right}`, class: "lse-rd-axis" }),
      svg("path", { d: `M${path.join("L")}`, class: "lse-rd-curve" }),
      this.dot,
      words(WIDTH - MARGIN.right, HEIGHT - 6, "end", "KL, nats →"),
      words(left - 4, MARGIN.top + 10, "end", this.distortion.high.toFixed(0)),
      words(left - 4, bottom, "end", this.distortion.low.toFixed(0)),
      words(left, HEIGHT - 6, "start", "0"),
    );
    this.figure = element("figure", "lse-rd", picture, element("figcaption", "", "↑ reconstruction, nats"));
  }

  /** @param {Terms} terms @returns {[number, number]} in the picture */
  placeOf({ kl, reconstruction }) {
    const { rate, distortion } = this;
    const right = (kl - rate.low) / (rate.high - rate.low);
    const up = (reconstruction - distortion.low) / (distortion.high - distortion.low);
    return [
      MARGIN.left + right * (WIDTH - MARGIN.left - MARGIN.right),
      HEIGHT - MARGIN.bottom - up * (HEIGHT - MARGIN.top - MARGIN.bottom),
    ];
  }

  /** @param {Terms | null} terms null where the model's terms are of another kind, or off the curve's picture */
  show(terms) {
    const shown = terms && terms.kl <= this.rate.high && terms.reconstruction <= this.distortion.high;
    this.dot.setAttribute("visibility", shown ? "visible" : "hidden");
    if (!terms) return;
    const [x, y] = this.placeOf(terms);
    this.dot.setAttribute("cx", String(x));
    this.dot.setAttribute("cy", String(y));
  }
}

/** @param {number} x @param {number} y @param {string} anchor @param {string} content */
function words(x, y, anchor, content) {
  const text = svg("text", { x, y, "text-anchor": anchor, class: "lse-rd-words" });
  text.textContent = content;
  return text;
}
