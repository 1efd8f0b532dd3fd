// The graphical model of the VAE: x is seen and shaded, z is not, and the plate stands for N images.

import { svg } from "../../browser/ui/dom.js";

const HEAD = { "marker-end": "url(#lse-arrow-head)" };

/** @returns {SVGElement} */
export function graphicalModel() {
  const picture = svg("svg", { viewBox: "0 0 190 150", class: "lse-graph", role: "img" });
  picture.setAttribute("aria-label", "Graphical model: phi and z point to x; theta and x point to z by q; x is seen; a plate over N images.");
  const head = svg("marker", { id: "lse-arrow-head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
  head.append(svg("path", { d: "M0 0L8 4L0 8Z" }));
  picture.append(
    head,
    svg("rect", { x: 62, y: 4, width: 76, height: 142, rx: 6, class: "lse-graph-plate" }),
    arrow("M100 48V88"),
    arrow("M28 110H82"),
    arrow("M166 32H120", true),
    ...node(100, 30, "z", "z"),
    ...node(100, 106, "x", "x", true),
    words(16, 110, "φ", "decoder"),
    words(176, 32, "θ", "encoder"),
    words(128, 138, "N", ""),
    svg("path", { d: "M116 98C134 84 134 56 117 40", class: "lse-graph-arrow lse-graph-q", "data-of": "encoder", ...HEAD }),
  );
  return picture;
}

/** @param {string} d @param {boolean} [dashed] of q and not of p */
function arrow(d, dashed = false) {
  const of = dashed ? "encoder" : "decoder";
  return svg("path", { d, class: `lse-graph-arrow${dashed ? " lse-graph-q" : ""}`, "data-of": of, ...HEAD });
}

/** @param {number} cx @param {number} cy @param {string} name @param {string} of @param {boolean} [seen] */
function node(cx, cy, name, of, seen = false) {
  return [svg("circle", { cx, cy, r: 18, class: `lse-graph-node${seen ? " lse-graph-seen" : ""}`, "data-of": of }), words(cx, cy, name, of)];
}

/** @param {number} x @param {number} y @param {string} name @param {string} of */
function words(x, y, name, of) {
  const text = svg("text", { x, y, class: "lse-graph-name", ...(of && { "data-of": of }) });
  text.textContent = name;
  return text;
}
