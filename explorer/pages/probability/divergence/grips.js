// The grips of a curve: the top moves the mean; a point on the flank, one stddev away, changes the stddev.

import { element, write } from "../../../browser/ui/dom.js";
import { listenToHandle } from "../../../browser/ui/gestures.js";
import { logDensity } from "./gaussians.js";
import { percentOfX, X_REACH } from "./graph.js";

/** @typedef {import("./gaussians.js").Hump} Hump */
/** @typedef {import("./gaussians.js").Density} Density */
/** @typedef {{name: string, density: Density, hump: number, flank: number}} Held flank: the side of its stddev, -1 or 1 */

const FARTHEST_MEAN = 4.5;
const STDDEV_RANGE = [0.3, 3];
const KEY_WAY = 0.05; // in units of x

/** Two grips for each Gaussian, whose current values are read at every move. */
export class Grips {
  /** @param {HTMLElement} layer over the plot @param {AbortSignal} signal
   * @param {{now: (index: number) => Held, change: (index: number, hump: Hump) => void}} act */
  constructor(layer, signal, act) {
    this.layer = layer;
    this.signal = signal;
    this.act = act;
    /** @type {{mean: HTMLElement, stddev: HTMLElement}[]} */
    this.pairs = [];
  }

  /** @param {Held[]} held @param {number} above the height of the plot */
  place(held, above) {
    while (this.pairs.length < held.length) this.pairs.push(this.pairAt(this.pairs.length));
    this.pairs.forEach((pair, i) => {
      for (const grip of Object.values(pair)) grip.hidden = i >= held.length;
      if (i < held.length) placePair(pair, held[i], above);
    });
  }

  /** @param {number} index */
  pairAt(index) {
    const mean = this.gripOf(index, (hump, way) => ({
      ...hump,
      mean: clipped(hump.mean + way, -FARTHEST_MEAN, FARTHEST_MEAN),
    }));
    const stddev = this.gripOf(index, (hump, way, flank) => ({
      ...hump,
      stddev: clipped(hump.stddev + flank * way, STDDEV_RANGE[0], STDDEV_RANGE[1]),
    }));
    stddev.classList.add("lse-grip-stddev");
    return { mean, stddev };
  }

  /** @param {number} index @param {(hump: Hump, way: number, flank: number) => Hump} change by a distance along x */
  gripOf(index, change) {
    const grip = element("div", "lse-grip", element("span", ""));
    grip.tabIndex = 0;
    grip.setAttribute("role", "slider");
    this.layer.append(grip);
    let [from, unit] = [this.act.now(index), 0];
    const move = (/** @type {Held} */ { density, hump, flank }, /** @type {number} */ way) =>
      this.act.change(index, change(density[hump], way, flank));
    listenToHandle(grip, this.signal, {
      grab: () => {
        from = this.act.now(index);
        unit = (2 * X_REACH) / this.layer.clientWidth;
      },
      drag: (right) => move(from, right * unit),
      step: (right, up) => {
        const held = this.act.now(index);
        move(held, KEY_WAY * (right + (grip.matches(".lse-grip-stddev") ? up * held.flank : up)));
      },
      release: () => {},
    });
    return grip;
  }
}

/** @param {{mean: HTMLElement, stddev: HTMLElement}} pair @param {Held} held @param {number} above */
function placePair(pair, { name, density, hump, flank }, above) {
  const { mean, stddev } = density[hump];
  const which = density.length > 1 ? ` ${hump + 1}` : "";
  put(pair.mean, { x: mean, density, above });
  put(pair.stddev, { x: mean + flank * stddev, density, above });
  describeGrip(pair.mean, name, `mean of ${name}${which}`, mean, [-FARTHEST_MEAN, FARTHEST_MEAN]);
  describeGrip(pair.stddev, name, `standard deviation of ${name}${which}`, stddev, STDDEV_RANGE);
}

/** @param {HTMLElement} grip @param {{x: number, density: Density, above: number}} place */
function put(grip, { x, density, above }) {
  grip.style.left = `${clipped(percentOfX(x), 0, 100)}%`;
  grip.style.top = `${100 * (1 - Math.exp(logDensity(density, x)) / above)}%`;
}

/** @param {HTMLElement} grip @param {string} name @param {string} label @param {number} value @param {number[]} range */
function describeGrip(grip, name, label, value, range) {
  grip.dataset.density = name;
  write(/** @type {HTMLElement} */ (grip.firstElementChild), grip.matches(".lse-grip-stddev") ? "↔" : name);
  grip.dataset.testid = label.replaceAll(" ", "-");
  grip.setAttribute("aria-label", label);
  grip.setAttribute("aria-valuemin", String(range[0]));
  grip.setAttribute("aria-valuemax", String(range[1]));
  grip.setAttribute("aria-valuenow", value.toFixed(2));
}

/** @param {number} value @param {number} least @param {number} most */
function clipped(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
