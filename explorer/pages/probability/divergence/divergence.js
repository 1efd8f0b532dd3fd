// Two densities that the visitor moves, and both divergences between them, without the server.

import { pressOne } from "../../../browser/ui/dom.js";
import { listenToButtons } from "../../../browser/ui/gestures.js";
import { mount } from "../../../browser/ui/mount.js";
import { descent, divergenceAlong } from "./descent.js";
import { drawIntegrand, integrand, showDirection } from "./direction.js";
import { layOut } from "./layout.js";
import { BITS_PER_NAT, logDensity } from "./gaussians.js";
import { areaOf, roundedUp, sampled, scaleGraph } from "./graph.js";
import { Grips } from "./grips.js";

/** @typedef {import("./gaussians.js").Hump} Hump */
/** @typedef {import("./gaussians.js").Density} Density */
/** @typedef {import("./descent.js").Direction} Direction */
/** @typedef {import("../../../browser/ui/mount.js").Component<import("../../../wire.js").DivergenceData>} Component */

/** @type {Hump} */
const FIRST_Q = { weight: 1, mean: -1, stddev: 1.2 };
/** @type {Density} */
const ONE_HUMP = [{ weight: 1, mean: 1, stddev: 0.7 }];
/** @type {Density} with unequal widths, so that q is never on a line of symmetry, which descent would not leave */
const TWO_HUMPS = [
  { weight: 0.5, mean: -2, stddev: 0.5 },
  { weight: 0.5, mean: 2.25, stddev: 0.7 },
];
const ROOM_ABOVE = 1.12; // for the grip above the curve

class Divergence {
  /** @param {Component} component */
  constructor({ data, parentElement }) {
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    const { root } = this;
    root.style.setProperty("--lse-kl", data.term_colours.kl);
    this.end = new AbortController();
    this.q = FIRST_Q;
    this.targets = { false: ONE_HUMP, true: TWO_HUMPS };
    this.twoHumped = false;
    this.waiting = 0; // the id of the requested frame, or 0
    layOut(root);
    const { signal } = this.end;
    this.resolution = /** @type {HTMLInputElement} */ (this.find("input"));
    this.resolution.addEventListener("input", () => this.drawSoon(), { signal });
    this.grips = new Grips(this.find(".lse-grips"), signal, {
      now: (index) => this.held[index],
      change: (index, hump) => this.move(index, hump),
    });
    listenToButtons(root, signal, ({ dataset: { act } }) => this.press(act));
    this.draw();
    this.root.dataset.ready = "true";
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @returns {Density} */
  get p() {
    return this.targets[`${this.twoHumped}`];
  }

  /** The densities of the grips: q first, so that its grips keep their index; for p, the outer flanks. */
  get held() {
    const flanks = this.p.map((_, hump) => ({ name: "p", density: this.p, hump, flank: hump ? 1 : -1 }));
    return [{ name: "q", density: [this.q], hump: 0, flank: 1 }, ...flanks];
  }

  /** @param {number} index of the grips @param {Hump} hump */
  move(index, hump) {
    this.stopFitting();
    if (index === 0) this.q = hump;
    else this.targets[`${this.twoHumped}`] = this.p.map((old, i) => (i === index - 1 ? hump : old));
    this.drawSoon();
  }

  /** @param {string | undefined} act */
  press(act) {
    this.stopFitting();
    if (act === "qp" || act === "pq") this.fit(act);
    else this.twoHumped = !this.twoHumped;
    this.drawSoon();
  }

  stopFitting() {
    cancelAnimationFrame(this.fitting ?? 0);
    this.root.dataset.fitting = "";
    this.find(".lse-outcome").textContent = "";
  }

  /** One step of descent per frame. @param {Direction} direction */
  fit(direction) {
    const start = this.q;
    const way = descent(direction, this.q, this.p);
    const atOnce = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.root.dataset.fitting = direction;
    const go = () => {
      let next = way.next();
      while (!next.done) {
        this.q = next.value;
        if (!atOnce) break;
        next = way.next();
      }
      this.draw();
      if (next.done) this.showOutcome(direction, start);
      else this.fitting = requestAnimationFrame(go);
    };
    go();
  }

  /** @param {Direction} direction @param {Hump} start */
  showOutcome(direction, start) {
    const nats = Math.max(0, divergenceAlong(direction, this.q, this.p));
    const least = `${nats.toFixed(3)} nats = ${(nats * BITS_PER_NAT).toFixed(3)} bits`;
    const where =
      direction === "qp"
        ? `the minimum that gradient descent finds from a mean of ${start.mean.toFixed(2)}`
        : "the only minimum";
    this.root.dataset.fitting = "";
    this.find(".lse-outcome").textContent =
      `KL(${direction[0]}‖${direction[1]}) = ${least}: ${where.replace("-", "−")}.`;
  }

  /** Draw once in the next frame, even after many calls. */
  drawSoon() {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  draw() {
    this.drawDensities();
    this.drawDirections();
    pressOne([this.find("[data-act=humps]")], () => this.twoHumped);
    this.root.dataset.q = JSON.stringify([this.q]);
    this.root.dataset.p = JSON.stringify(this.p);
  }

  drawDensities() {
    const curves = { ".lse-q": [this.q], ".lse-p": this.p };
    const heights = Object.values(curves).map((density) => sampled((x) => Math.exp(logDensity(density, x))));
    const above = roundedUp(ROOM_ABOVE * Math.max(...heights.flat()));
    scaleGraph(this.find(".lse-densities"), above, 0);
    Object.keys(curves).forEach((name, i) => this.find(name).setAttribute("d", areaOf(heights[i])));
    this.grips.place(this.held, above);
  }

  /** Draw both integrands on one scale, because areas are nats. */
  drawDirections() {
    const resolution = 10 ** this.resolution.valueAsNumber;
    this.find("output").textContent = `δ = ${resolution.toPrecision(2)}`;
    /** @type {[Direction, Density, Density][]} */
    const both = [
      ["qp", [this.q], this.p],
      ["pq", this.p, [this.q]],
    ];
    const values = both.map(([, q, p]) => integrand(q, p));
    const scale = {
      above: roundedUp(Math.max(0.1, ...values.flat())),
      below: roundedUp(-Math.min(-0.1, ...values.flat())),
    };
    both.forEach(([name, q, p], i) => {
      const part = this.find(`[data-direction=${name}]`);
      drawIntegrand(part, values[i], scale);
      this.root.dataset[name === "qp" ? "klQp" : "klPq"] = String(showDirection(part, q, p, resolution));
    });
  }

  update() {} // CSS follows the theme, and the colours do not change

  destroy() {
    this.end.abort();
    cancelAnimationFrame(this.waiting);
    cancelAnimationFrame(this.fitting ?? 0);
  }
}

export default mount((/** @type {Component} */ component) => new Divergence(component));
