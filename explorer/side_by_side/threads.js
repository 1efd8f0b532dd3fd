// The lines from map to map: where each class that shows stands on A, and where on B.

import { svg } from "../latent_map/dom.js";
import { toPixels } from "../latent_map/view.js";

/** @typedef {import("../latent_map/pane.js").Pane} Pane */
/** @typedef {{x: number, y: number, outside: boolean}} Place in the pixels of the overlay */

const IMAGES = 12; // of each class that get a thin line; all of them would hide the maps

export class Threads {
  /** @param {SVGSVGElement} overlay over both maps @param {Pane[]} panes the two */
  constructor(overlay, panes) {
    this.overlay = overlay;
    this.panes = panes;
    this.on = false;
    /** @type {{left: number, top: number}[]} where each plot begins, in pixels of the overlay */
    this.corners = [];
  }

  /** Find out where the maps are; asked when the page was laid out anew and not in every frame. */
  measure() {
    const own = this.overlay.getBoundingClientRect();
    this.corners = this.panes.map(({ scene }) => {
      const { left, top } = scene.plot.getBoundingClientRect();
      return { left: left - own.left, top: top - own.top };
    });
  }

  /** @param {boolean} on */
  turn(on) {
    this.on = on;
    if (on) this.measure();
    this.draw();
  }

  draw() {
    if (!this.on || this.corners.length < 2) return this.overlay.replaceChildren();
    const [{ subject, scene }] = this.panes;
    const shown = subject.class_names.map((_, digit) => digit).filter((digit) => this.panes[0].panes.shows(digit));
    this.overlay.replaceChildren(...shown.flatMap((digit) => this.linesOf(digit, scene.colours[digit])));
  }

  /** @param {number} digit @param {string} colour */
  linesOf(digit, colour) {
    const thin = this.imagesOf(digit)
      .map((image) => this.panes.map((pane, i) => this.placeOf(pane, i, pane.pointOf(image))))
      .filter((ends) => ends.every(({ outside }) => !outside))
      .map((ends) => line(ends, colour, "lse-thread"));
    const ends = this.panes.map((pane, i) => this.placeOf(pane, i, pane.place.letters[digit] ?? [0, 0]));
    // Like the handle, a class outside the window waits at its edge, dotted.
    const outside = ends.some((end) => end.outside) ? " lse-thread-outside" : "";
    return [...thin, line(ends, colour, `lse-thread lse-thread-class${outside}`)];
  }

  /** The first images of a class, where both maps are of the same images. @param {number} digit */
  imagesOf(digit) {
    const label = this.panes[0].loaded?.label ?? [];
    const found = [];
    for (let image = 0; image < label.length && found.length < IMAGES; image++) {
      if (label[image] === digit && this.panes.every((pane) => pane.holds(image))) found.push(image);
    }
    return found;
  }

  /** @param {Pane} pane @param {number} i its number @param {ArrayLike<number>} z @returns {Place} */
  placeOf({ place: { view }, scene: { side } }, i, z) {
    const wanted = toPixels(view, side, z[0], z[1]);
    const [x, y] = wanted.map((pixel) => Math.min(side, Math.max(0, pixel)));
    const outside = x !== wanted[0] || y !== wanted[1];
    return { x: this.corners[i].left + x, y: this.corners[i].top + y, outside };
  }
}

/** @param {Place[]} ends @param {string} stroke @param {string} name */
function line([from, to], stroke, name) {
  return svg("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, stroke, class: name });
}
