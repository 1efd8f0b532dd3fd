// Scene 1: an image goes through two numbers. The visitor does the encoder's work.

import { jointOf, modeOf, orNull } from "../engine.js";
import { graphicalModel } from "../graph.js";
import { costAt, priorCost } from "../joint.js";
import { button, inNats, REFERENCE } from "../kit.js";
import { ownDigit } from "../own_digit.js";
import { CODES, Plot } from "../plot.js";
import { SHARED_VIEW, toPixels } from "../../../browser/map/view.js";
import { element, svg } from "../../../browser/ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../../../browser/ui/pictures.js";

/** @typedef {import("../kit.js").Kit} Kit */
/** @typedef {import("../kit.js").Digit} Digit */
/** A place on the map with a name. @typedef {{z: ArrayLike<number>, name: string}} Place */

const TARGETS = [3, 8, 5, 2, 9]; // classes, in the order in which they are asked
const SHOWN_FIRST = 2; // the class of the image that goes through at first

/** @type {import("../frame.js").Scene} */
export const scene = {
  number: 1,
  name: "Two numbers for 784",
  claim: "A variational autoencoder (VAE) has a bottleneck: two numbers, z, stand for 784 pixels.",
  question: "Be the encoder: drag the ring until the decoded digit matches the target.",
  formula: [
    { symbols: "x", means: "784 pixels", of: "x" },
    { symbols: "→" },
    { symbols: "q_θ(z|x) = 𝒩(μ, σ^2)", means: "encoder, weights θ", of: "encoder" },
    { symbols: "→" },
    { symbols: "z", means: "two numbers", of: "z" },
    { symbols: "→" },
    { symbols: "p_φ(x|z)", means: "decoder, weights φ", of: "decoder y" },
    { symbols: "," },
    { symbols: "p(z) = 𝒩(0, I)", means: "prior: z before x is seen", of: "prior" },
  ],
  async mount(picture, answer, kit) {
    const [loaded, encoder, ones] = await Promise.all([kit.load(REFERENCE), kit.encoder(REFERENCE), kit.oneOfEach(0)]);
    const digits = await Promise.all(ones.map((image) => kit.digit(image)));
    if (kit.signal.aborted) return;
    const flow = flowOf(digits, encoder, loaded.decoder);
    const game = element("div", "lse-game");
    picture.append(flow, game);
    play(game, answer, kit, loaded, encoder);
  },
};

/** The figure: x, encoder, mu and sigma, z, decoder, probabilities, for the image that is picked.
 * @param {Digit[]} digits @param {import("../../../browser/net/encoder.js").Encoder} encoder
 * @param {import("../../../browser/net/decoder.js").Decoder} decoder */
function flowOf(digits, encoder, decoder) {
  const [x, y] = [blank(), blank()];
  const [code, place] = [element("span", "lse-node"), element("span", "lse-node")];
  const row = element("div", "lse-flow");
  const picks = digits.map((digit) => pickOf(digit, () => show(digit)));
  const show = (/** @type {Digit} */ digit) => {
    const { mean, stddev } = encoder.encode(digit.x);
    drawPicture(x, digit.x, 1);
    drawPicture(y, decoder.decode(mean), 1);
    code.replaceChildren(line("μ", mean, 2), line("σ", stddev, 3));
    place.replaceChildren(line("z", mean, 2));
    row.dataset.label = String(digit.label);
    picks.forEach((pick, i) => pick.setAttribute("aria-pressed", String(digits[i] === digit)));
  };
  row.append(
    element("div", "lse-picks", ...picks),
    part("x: 784 pixels", "x", x),
    stage("encoder", "q_θ", "encoder"),
    part("mean μ, width σ", "encoder", code),
    part("two numbers; here z = μ", "z", place),
    stage("decoder", "p_φ", "decoder"),
    part("784 probabilities", "y decoder", y),
  );
  show(digits[SHOWN_FIRST]);
  return row;
}

/** @param {string} name @param {ArrayLike<number>} values @param {number} decimals */
function line(name, values, decimals) {
  const shown = Array.from(values, (value) => value.toFixed(decimals).replace("-", "−")).join(", ");
  return element("span", "", element("i", "", name), ` = (${shown})`);
}

/** @param {string} name @param {string} of @param {HTMLElement} content */
function part(name, of, content) {
  const figure = element("figure", "lse-flow-part", content, element("figcaption", "", name));
  figure.dataset.of = of;
  return figure;
}

/** @param {string} name @param {string} symbols @param {string} of */
function stage(name, symbols, of) {
  const [letter, index] = symbols.split("_");
  const made = element("span", "lse-stage-box", element("b", "", name), element("i", "", letter, element("sub", "", index)));
  made.dataset.of = of;
  return made;
}

function blank() {
  return newPicture(new Float32Array(PICTURE_PIXELS), 1);
}

/** @param {Digit} digit @param {() => void} press */
function pickOf(digit, press) {
  const made = button("", press, "lse-pick");
  made.append(newPicture(digit.x, 1));
  made.setAttribute("aria-label", `${digit.title}, a ${digit.label}`);
  return made;
}

/** @param {HTMLElement} game @param {HTMLElement} answer @param {Kit} kit
 * @param {import("../../../browser/map/loading.js").Loaded} loaded
 * @param {import("../../../browser/net/encoder.js").Encoder} encoder */
function play(game, answer, kit, loaded, encoder) {
  const { decoder } = loaded;
  const [target, decoded] = [blank(), blank()];
  const nats = element("p", "lse-live");
  const unit = element("p", "lse-quiet", `This is −log p(x, z), of image and z together. Less is better. Its unit, a nat, is ${Math.LOG2E.toFixed(2)} bits.`);
  /** @type {Place[]} */
  let shown = [];
  /** @type {Digit | null} */
  let digit = null;
  const plot = new Plot(game, kit, {
    dragged: () => look(),
    over: (view, side) => marksOf(shown, view, side),
    ellipses: false,
    caption: CODES,
  });
  game.append(element("div", "lse-pair", part("target", "x", target), part("decoded at your z", "y", decoded), nats, unit), graphOf());
  const look = () => {
    drawPicture(decoded, decoder.decode(plot.z), 1);
    if (digit) nats.textContent = wordsOf(costAt(decoder, digit.x, plot.z), priorCost(plot.z));
  };
  const aimAt = (/** @type {Digit} */ next) => {
    digit = next;
    shown = [];
    kit.ask();
    drawPicture(target, digit.x, 1);
    done.disabled = false;
    plot.mark();
    look();
  };
  let asked = -1;
  const ask = async () => {
    asked++;
    const images = await kit.oneOfEach(1 + Math.floor(asked / TARGETS.length));
    plot.put(0, 0);
    plot.lookAt(SHARED_VIEW);
    aimAt(await kit.digit(images[TARGETS[asked % TARGETS.length]]));
  };
  const done = button("This is my z", () => void judge(), "lse-main");
  answer.append(done, button("Another target", () => void ask()), ownDigit(kit.signal, aimAt));
  const judge = async () => {
    if (!digit) return;
    done.disabled = true;
    const [x, z, { mean }] = [digit.x, plot.z, encoder.encode(digit.x)];
    const mode = await orNull(kit.signal, async () => modeOf(await jointOf(decoder, x, kit.signal), [z, mean.slice()]));
    if (!mode) return;
    shown = [{ z: mean, name: "encoder" }, { z: mode.z, name: "best" }];
    plot.lookAt(around(z, mode.z));
    const [own, encoders] = [z, mean].map((place) => costAt(decoder, x, place) + priorCost(place));
    kit.reveal(revealOf(own, encoders, mode.nats));
  };
  plot.show(loaded);
  void ask();
}

/** The parts of −log p(x, z). @param {number} pixels @param {number} place both in nats */
function wordsOf(pixels, place) {
  return `pixels ${pixels.toFixed(1)} + z ${place.toFixed(1)} = ${inNats(pixels + place)}`;
}

function graphOf() {
  const words = "Shaded: seen. N images. Dashed: the encoder.";
  return element("figure", "lse-graph-figure", graphicalModel(), element("figcaption", "", words));
}

/** A window that shows both points well apart. @param {Float32Array} a @param {Float32Array} b */
function around(a, b) {
  const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return { x, y, half: Math.min(SHARED_VIEW.half, Math.max(0.5, 1.5 * Math.hypot(a[0] - b[0], a[1] - b[1]))) };
}

/** @param {number} own @param {number} encoder @param {number} best in nats, −log p(x, z) @returns {import("../kit.js").Reveal} */
function revealOf(own, encoder, best) {
  const behind = own < encoder ? "less than" : "more than";
  return {
    ...{ guess: own.toFixed(2), truth: best.toFixed(2) },
    ...{ guessed: `${inNats(own)} at your z`, found: `${inNats(best)} at the best z`, distance: inNats(own - best) },
    lesson:
      `The encoder's mean costs ${inNats(encoder)}: your z costs ${inNats(Math.abs(own - encoder))} ${behind} that. All are ` +
      "−log p(x, z) = −log p(x|z) − log p(z): the pixels', and that of z, which grows away from the middle. " +
      "The best z is the most probable one, given this x: the mode of the posterior p(z|x).",
  };
}

/** @param {Place[]} places @param {import("../../../browser/map/view.js").View} view @param {number} side */
function marksOf(places, view, side) {
  return places.flatMap(({ z, name }, i) => {
    const [cx, cy] = toPixels(view, side, z[0], z[1]);
    const text = svg("text", { x: cx + 12, y: cy + (i ? 14 : -14), class: "lse-place-name" });
    text.textContent = name;
    return [svg("circle", { cx, cy, r: 7, class: "lse-place" }), text];
  });
}
