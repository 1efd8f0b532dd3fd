// Lines from map A to map B that join the positions of each visible class.

import { svg } from "../../browser/ui/dom.js";
import { toPixels } from "../../browser/map/view.js";

/** @typedef {import("../../browser/map/pane.js").Pane} Pane */
/** @typedef {{x: number, y: number, outside: boolean}} Place on a plot, in pixels from its corner */
/** A line from A to B; whole: of a class, not of a single image; outside: an end is outside its window, drawn at the
 * edge.
 * @typedef {{ends: Place[], colour: string, whole: boolean, outside: boolean}} Line */

const IMAGES = 12; // of each class that get a thin line; lines for all would hide the maps

export class LinkLines {
  /** @param {SVGSVGElement} overlay over both maps @param {Pane[]} panes the two */
  constructor(overlay, panes) {
    this.overlay = overlay;
    this.panes = panes;
    this.on = false;
    /** @type {{left: number, top: number}[]} the corner of each plot, in pixels of the overlay */
    this.corners = [];
  }

  /** Measure the positions of the maps; called after a change of layout and not in every frame. */
  measure() {
    const own = this.overlay.getBoundingClientRect();
    this.corners = this.panes.map(({ scene }) => {
      const { left, top } = scene.plot.getBoundingClientRect();
      return { left: left - own.left, top: top - own.top };
    });
  }

  /** Whether both maps have the same classes. */
  get possible() {
    const [names, others] = this.panes.map(({ subject }) => subject.class_names.join());
    return names === others;
  }

  /** @param {boolean} on */
  turn(on) {
    this.on = on;
    if (on) this.measure();
    this.draw();
  }

  draw() {
    const shown = this.lines.map(({ ends, colour, whole, outside }) => {
      const [from, to] = ends.map(({ x, y }, i) => ({ x: this.corners[i].left + x, y: this.corners[i].top + y }));
      const kind = `${whole ? " lse-thread-class" : ""}${outside ? " lse-thread-outside" : ""}`;
      return svg("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, stroke: colour, class: `lse-thread${kind}` });
    });
    this.overlay.replaceChildren(...shown);
  }

  /** The visible lines. @returns {Line[]} */
  get lines() {
    const [{ subject, scene, panes }] = this.panes;
    if (!this.on || !this.possible || this.corners.length < 2) return [];
    const shown = subject.class_names.map((_, digit) => digit).filter((digit) => panes.shows(digit));
    return shown.flatMap((digit) => this.linesOf(digit, scene.colours[digit]));
  }

  /** @param {number} digit @param {string} colour @returns {Line[]} */
  linesOf(digit, colour) {
    const thin = this.imagesOf(digit)
      .map((image) => this.panes.map((pane) => placeOn(pane, pane.pointOf(image))))
      .filter((ends) => ends.every(({ outside }) => !outside))
      .map((ends) => ({ ends, colour, whole: false, outside: false }));
    const ends = this.panes.map((pane) => placeOn(pane, pane.place.labelPositions[digit] ?? [0, 0]));
    return [...thin, { ends, colour, whole: true, outside: ends.some(({ outside }) => outside) }];
  }

  /** The first images of a class, if both maps show the same images. @param {number} digit */
  imagesOf(digit) {
    const [first, second] = this.panes;
    const label = first.loaded?.label ?? [];
    const found = [];
    for (let image = 0; image < label.length && found.length < IMAGES; image++) {
      if (label[image] === digit && second.holds(image, first)) found.push(image);
    }
    return found;
  }
}

/** The position on a plot; like the handle, a point outside the window is drawn at its edge. @param {Pane} pane
 * @param {ArrayLike<number>} z
 * @returns {Place} */
function placeOn({ place: { view }, scene: { side } }, z) {
  const wanted = toPixels(view, side, z[0], z[1]);
  const [x, y] = wanted.map((pixel) => Math.min(side, Math.max(0, pixel)));
  return { x, y, outside: x !== wanted[0] || y !== wanted[1] };
}
