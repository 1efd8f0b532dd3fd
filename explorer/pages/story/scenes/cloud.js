// Scene 3: q(z|x) as a cloud, and the two forces on it. The visitor looks for the place where they balance.

import { bestQ } from "../../../browser/inference/best_q.js";
import { diagonal } from "../../../browser/inference/gaussian.js";
import { asPosterior, jointOf, orNull } from "../engine.js";
import { costAt } from "../joint.js";
import { button, REFERENCE } from "../kit.js";
import { Plot } from "../plot.js";
import { klParts, sumOfKl } from "../../../browser/net/quadrature.js";
import { normalDraws, uniformDraws } from "../../../browser/net/noise.js";
import { toPixels } from "../../../browser/map/view.js";
import { element, svg, write } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../../../browser/net/decoder.js").Decoder} Decoder */
/** q(z|x). @typedef {{mean: Float32Array, stddev: Float32Array}} Cloud both [2] */
/** The gradients of one loss term. @typedef {{mean: number[], stddev: number[]}} Gradient in nats per unit of z */
/** @typedef {{x: Float32Array, decoder: Decoder, epsilon: Float32Array}} Problem */

const DRAWS = 8; // epsilons, held throughout
const SHOWN_DRAWS = 4; // decoded beside the map
const CLASS = 2; // of the image, the first of its class
const AWAY = [0.3, 0.22]; // from the encoder's mean to where the cloud begins, in units of z
const SIGMA = 0.12; // at first
const HALF = 0.55; // of the window, in units of z
const H = 0.004; // of the differences that stand for derivatives, in units of z
const RATE = 3e-4; // rho
const LEAST_SIGMA = 0.003;
const ARROW_PX = 26; // for each factor e of the force, from one nat per unit on

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 3,
  name: "A cloud and not a point",
  claim: "The encoder gives a cloud q(z|x), not a point. Training ends where two forces on it balance.",
  question: "Drag the cloud's centre to where you expect the two forces to balance.",
  formula: [
    { symbols: "z = μ + σ·ε", means: "ε: draws from 𝒩(0, I), held", of: "cloud" },
    { symbols: "," },
    { symbols: "θ ← θ − ρ", means: "a step of size ρ; φ likewise", of: "cloud" },
    { symbols: "∂ℓ/∂θ", means: "θ: here μ and σ of this x", of: "cloud" },
    { symbols: "," },
    { symbols: "ℓ", means: "the loss", of: "loss" },
    { symbols: "=" },
    { symbols: "𝔼_{ε}[−log p(x|z)]", means: "reconstruction: a good picture", tone: "reconstruction", of: "reconstruction" },
    { symbols: "+" },
    { symbols: "KL(q‖p)", means: "KL divergence: near the prior p", tone: "kl", of: "kl" },
  ],
  async mount(picture, answer, kit) {
    const [loaded, encoder, images] = await Promise.all([kit.load(REFERENCE), kit.encoder(REFERENCE), kit.oneOfEach(0)]);
    const digit = await kit.digit(images[CLASS]);
    if (kit.signal.aborted) return;
    const problem = { x: digit.x, decoder: loaded.decoder, epsilon: normalDraws(DRAWS, uniformDraws(1)) };
    const { mean, stddev } = encoder.encode(digit.x);
    const start = { mean: mean.slice(), stddev: stddev.slice() };
    /** @type {Cloud} */
    const cloud = { mean: start.mean.map((value, i) => value + AWAY[i]), stddev: Float32Array.of(SIGMA, SIGMA) };
    /** @type {Cloud | null} where the forces balance, once it may be seen */
    let balance = null;
    let forces = forcesOn(problem, cloud);
    const beside = besideMap(problem, digit.title);
    const plot = new Plot(picture, kit, {
      dragged: (z) => {
        cloud.mean.set(z);
        refresh();
      },
      over: (view, side) => [...cloudMarks(problem, cloud, view, side), ...arrows(cloud, forces, view, side), ...balanceMark(balance, view, side)],
      ellipses: false,
      caption: "Eight z = μ + σ · ε; ring: 1 σ. Arrows: minus the gradient of each term, its length on a log scale.",
    });
    picture.append(beside.root);
    const refresh = () => {
      forces = forcesOn(problem, cloud);
      plot.mark();
      beside.show(cloud, forces);
    };
    const step = () => {
      stepDown(cloud, forces);
      plot.put(cloud.mean[0], cloud.mean[1]);
      refresh();
    };
    const steps = button("Take 20 steps", () => void run(), "");
    const run = async () => {
      steps.disabled = true;
      for (let i = 0; i < 20 && !kit.signal.aborted; i++) {
        step();
        await new Promise(requestAnimationFrame);
      }
      steps.disabled = false;
    };
    const done = button("Here they balance", async () => {
      done.disabled = true;
      const guess = cloud.mean.slice();
      const steps = await orNull(kit.signal, async () => bestQ(await jointOf(loaded.decoder, digit.x, kit.signal), diagonal(start), false));
      if (!steps) return;
      balance = asPosterior(steps[steps.length - 1]);
      plot.mark();
      kit.reveal(revealOf(guess, balance));
    }, "lse-main");
    answer.append(done, button("Take one step", step), steps);
    plot.put(cloud.mean[0], cloud.mean[1]);
    plot.show(loaded, { x: start.mean[0], y: start.mean[1], half: HALF });
    refresh();
  },
};

/** The gradients of both terms of the loss at a cloud, with the epsilons held.
 * @param {Problem} problem @param {Cloud} cloud @returns {{reconstruction: Gradient, kl: Gradient}} */
function forcesOn(problem, { mean, stddev }) {
  const reconstruction = { mean: [0, 0], stddev: [0, 0] };
  for (let k = 0; k < DRAWS; k++) {
    const slope = slopeAt(problem, drawOf(problem, { mean, stddev }, k));
    for (const axis of [0, 1]) {
      reconstruction.mean[axis] += slope[axis] / DRAWS;
      reconstruction.stddev[axis] += (slope[axis] * problem.epsilon[2 * k + axis]) / DRAWS;
    }
  }
  const kl = { mean: Array.from(mean), stddev: Array.from(stddev, (sigma) => sigma - 1 / sigma) };
  return { reconstruction, kl };
}

/** @param {Problem} problem @param {Cloud} cloud @param {number} k */
function drawOf({ epsilon }, { mean, stddev }, k) {
  return mean.map((mu, axis) => mu + stddev[axis] * epsilon[2 * k + axis]);
}

/** The gradient of -log p(x|z) by z. @param {Problem} problem @param {Float32Array} z */
function slopeAt({ x, decoder }, z) {
  return [0, 1].map((axis) => {
    const [above, below] = [H, -H].map((shift) => {
      const moved = z.slice();
      moved[axis] += shift;
      return costAt(decoder, x, moved);
    });
    return (above - below) / (2 * H);
  });
}

/** theta <- theta - rho dl/dtheta, in place. @param {Cloud} cloud @param {{reconstruction: Gradient, kl: Gradient}} forces */
function stepDown({ mean, stddev }, { reconstruction, kl }) {
  for (const axis of [0, 1]) {
    mean[axis] -= RATE * (reconstruction.mean[axis] + kl.mean[axis]);
    stddev[axis] = Math.max(LEAST_SIGMA, stddev[axis] - RATE * (reconstruction.stddev[axis] + kl.stddev[axis]));
  }
}

/** @param {Problem} problem @param {Cloud} cloud @param {import("../../../browser/map/view.js").View} view
 * @param {number} side */
function cloudMarks(problem, cloud, view, side) {
  const [cx, cy] = toPixels(view, side, cloud.mean[0], cloud.mean[1]);
  const scale = side / (2 * view.half);
  const ring = svg("ellipse", { cx, cy, rx: scale * cloud.stddev[0], ry: scale * cloud.stddev[1], class: "lse-cloud", "data-of": "cloud" });
  return [ring, ...Array.from({ length: DRAWS }, (_, k) => {
    const z = drawOf(problem, cloud, k);
    const [x, y] = toPixels(view, side, z[0], z[1]);
    return svg("circle", { cx: x, cy: y, r: 5, class: "lse-cloud-draw", "data-of": "cloud" });
  })];
}

/** An arrow against the gradient of each term. @param {Cloud} cloud @param {{reconstruction: Gradient, kl: Gradient}} forces
 * @param {import("../../../browser/map/view.js").View} view @param {number} side */
function arrows({ mean }, forces, view, side) {
  const [x, y] = toPixels(view, side, mean[0], mean[1]);
  return /** @type {const} */ (["reconstruction", "kl"]).map((term) => {
    const [right, up] = forces[term].mean.map((slope) => -slope);
    const force = Math.hypot(right, up);
    const length = 18 + ARROW_PX * Math.log1p(force);
    const angle = (180 / Math.PI) * Math.atan2(-up, right);
    return svg("path", {
      d: `M18 -3H${length}V-10L${length + 16} 0L${length} 10V3H18Z`,
      transform: `translate(${x} ${y}) rotate(${angle})`,
      class: `lse-force lse-force-${term}`,
      "data-of": term,
    });
  });
}

/** @param {Cloud | null} balance @param {import("../../../browser/map/view.js").View} view @param {number} side */
function balanceMark(balance, view, side) {
  if (!balance) return [];
  const [cx, cy] = toPixels(view, side, balance.mean[0], balance.mean[1]);
  const scale = side / (2 * view.half);
  const text = svg("text", { x: cx, y: cy + scale * balance.stddev[1] + 16, class: "lse-circle-name" });
  text.textContent = "balance";
  return [svg("ellipse", { cx, cy, rx: scale * balance.stddev[0], ry: scale * balance.stddev[1], class: "lse-truth" }), text];
}

/** The pictures and numbers beside the map. @param {Problem} problem @param {string} title */
function besideMap(problem, title) {
  const draws = Array.from({ length: SHOWN_DRAWS }, () => newPicture(new Float32Array(PICTURE_PIXELS), 1));
  const [pull, prior, loss] = ["lse-reconstruction", "lse-kl", ""].map((tone) => element("p", tone));
  [pull, prior, loss].forEach((each, i) => (each.dataset.of = ["reconstruction", "kl", "loss"][i]));
  const image = element("figure", "", newPicture(problem.x, 1), element("figcaption", "", `x: ${title}`));
  const decoded = element("figure", "", element("div", "lse-four", ...draws), element("figcaption", "", `decoded at ${SHOWN_DRAWS} of the z`));
  return {
    root: element("div", "lse-beside", element("div", "lse-cloud-pictures", image, decoded), pull, prior, loss),
    /** @param {Cloud} cloud @param {{reconstruction: Gradient, kl: Gradient}} forces */
    show(cloud, forces) {
      let reconstruction = 0;
      for (let k = 0; k < DRAWS; k++) reconstruction += costAt(problem.decoder, problem.x, drawOf(problem, cloud, k)) / DRAWS;
      draws.forEach((canvas, k) => drawPicture(canvas, problem.decoder.decode(drawOf(problem, cloud, k)), 1));
      const kl = sumOfKl(klParts(cloud));
      const [strong, weak] = [forces.reconstruction, forces.kl].map(({ mean }) => Math.hypot(...mean));
      write(pull, `reconstruction ${reconstruction.toFixed(1)} nats, pulls with ${strong.toFixed(1)} nats per unit of z`);
      write(prior, `KL ${kl.toFixed(1)} nats, pulls with ${weak.toFixed(1)} nats per unit of z`);
      write(loss, `ℓ = ${(reconstruction + kl).toFixed(1)} nats; σ = ${Array.from(cloud.stddev, (sigma) => sigma.toFixed(3)).join(", ")}`);
    },
  };
}

/** @param {Float32Array} guess @param {Cloud} balance @returns {import("../kit.js").Reveal} */
function revealOf(guess, { mean, stddev }) {
  const words = (/** @type {Float32Array} */ z) => `(${Array.from(z, (value) => value.toFixed(2).replace("-", "−")).join(", ")})`;
  const bare = (/** @type {Float32Array} */ z) => Array.from(z, (value) => value.toFixed(4)).join(",");
  const away = Math.hypot(guess[0] - mean[0], guess[1] - mean[1]);
  return {
    ...{ guess: bare(guess), truth: bare(mean), guessed: `μ = ${words(guess)}`, found: `μ = ${words(mean)}` },
    distance: `${away.toFixed(2)} units of z`,
    lesson:
      `There the cloud has σ = ${Array.from(stddev, (sigma) => sigma.toFixed(3)).join(", ")}: reconstruction shrinks σ, KL widens it. ` +
      "A step moves μ and σ against the gradient of ℓ; training does the same to the encoder's weights θ.",
  };
}
