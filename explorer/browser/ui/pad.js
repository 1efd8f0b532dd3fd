// A pad to draw a digit on with mouse, finger or pen: white on black, like MNIST.

import { element } from "./dom.js";
import { centred } from "./centring.js";
import { LAST, simplified, strokesOf, textOf } from "./strokes.js";

const SIDE = 448; // pixels of the canvas, enough for a screen with two device pixels per CSS pixel
const MARGIN = (LAST + 1 - SIDE) / 2; // around the canvas, where a stroke is out of sight
const STROKE_WIDTH = 40; // 2.5 of 28 pixels: as thick as MNIST's strokes for a digit that fills two thirds of the pad

export class Pad {
  /** @param {HTMLElement} root @param {AbortSignal} signal
   * @param {{changed: (ink: Float32Array | null, final: boolean) => void, numbered?: boolean}} act ink: grey [784] in 0..1, centred as
   * MNIST's digits are, or null if nothing is drawn; final false during a stroke, at most once per frame
   * numbered: whether there is a number field for who has no pointer */
  constructor(root, signal, { changed, numbered = true }) {
    this.root = root;
    this.signal = signal;
    this.changed = changed;
    /** @type {import("./strokes.js").Stroke[]} */
    this.strokes = [];
    /** @type {number | null} the id of the drawing pointer */
    this.pen = null;
    this.awaitsFrame = false;
    this.canvas = /** @type {HTMLCanvasElement} */ (element("canvas", "lse-pad-canvas"));
    this.canvas.width = this.canvas.height = SIDE;
    this.canvas.setAttribute("role", "img");
    this.context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext("2d", { willReadFrequently: true, alpha: false })
    );
    this.undoButton = this.button("Undo", "Remove the last stroke", () => this.undo());
    this.clearButton = this.button("Clear", "Remove all strokes", () => this.clear());
    const invitation = element("p", "lse-pad-invitation", "draw a digit here");
    const byNumber = this.button("choose a test image by its number", "", () => this.focusNumberField());
    byNumber.className = "lse-pad-otherwise";
    root.replaceChildren(
      element("div", "lse-pad-field", this.canvas, invitation),
      element("div", "lse-pad-buttons", this.undoButton, this.clearButton),
      ...(numbered ? [element("p", "lse-quiet", "The pad needs a mouse, a finger or a pen. By keyboard, ", byNumber, ".")] : []),
    );
    this.draw();
    this.listen();
  }

  /** @param {string} text @param {string} title @param {() => void} press */
  button(text, title, press) {
    const button = /** @type {HTMLButtonElement} */ (element("button", "", text));
    button.type = "button";
    button.title = title;
    button.addEventListener("click", press, { signal: this.signal });
    return button;
  }

  listen() {
    const { canvas, signal } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    // Also if the system cancels the pointer during a stroke.
    canvas.addEventListener("lostpointercapture", (event) => this.lift(event), { signal });
  }

  /** Move the focus to the number field, which needs no pointer. */
  focusNumberField() {
    const input = this.root.closest(".lse")?.querySelector(".lse-number input");
    /** @type {HTMLElement | null | undefined} */ (input)?.focus();
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button || this.pen !== null) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.pen = event.pointerId;
    this.strokes.push([this.placeOf(event)]);
    this.showSoon();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pen) return;
    // A browser merges the moves of a frame into one event; a fast stroke needs all of them.
    const moves = event.getCoalescedEvents?.() ?? [];
    const stroke = this.strokes[this.strokes.length - 1];
    stroke.push(...(moves.length ? moves : [event]).map((move) => this.placeOf(move)));
    this.showSoon();
  }

  /** @param {PointerEvent} event */
  lift(event) {
    if (event.pointerId !== this.pen) return;
    this.pen = null;
    this.strokes.push(simplified(/** @type {import("./strokes.js").Stroke} */ (this.strokes.pop())));
    this.show(true);
  }

  undo() {
    this.pen = null; // another finger may still be drawing
    this.strokes.pop();
    this.show(true);
  }

  clear() {
    this.pen = null;
    this.strokes = [];
    this.show(true);
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  placeOf({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const scale = SIDE / box.width;
    const [x, y] = [clientX - box.left, clientY - box.top].map((from) => Math.round(from * scale) + MARGIN);
    return [Math.min(LAST, Math.max(0, x)), Math.min(LAST, Math.max(0, y))];
  }

  /** The drawing for a link. */
  get text() {
    return textOf(this.strokes);
  }

  /** Draw what a link says. @param {string} text @returns {Float32Array | null} the ink, as changed gets it */
  restore(text) {
    this.strokes = strokesOf(text);
    this.draw();
    return centred(this.ink);
  }

  showSoon() {
    if (this.awaitsFrame) return;
    this.awaitsFrame = true;
    requestAnimationFrame(() => {
      this.awaitsFrame = false;
      if (this.pen !== null && !this.signal.aborted) this.show(false);
    });
  }

  /** @param {boolean} final */
  show(final) {
    this.draw();
    this.changed(centred(this.ink), final);
  }

  /** The canvas content: Float32Array [SIDE * SIDE] in 0..1. */
  get ink() {
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    const ink = new Float32Array(SIDE * SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i] / 255; // Float32Array.from takes 12 ms, this 1
    return ink;
  }

  draw() {
    const { context, strokes } = this;
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.save();
    context.translate(-MARGIN, -MARGIN);
    Object.assign(context, { strokeStyle: "#fff", lineWidth: STROKE_WIDTH, lineCap: "round", lineJoin: "round" });
    for (const [[x, y], ...rest] of strokes) {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + 0.01, y); // a path of no length would leave no dot
      for (const [nextX, nextY] of rest) context.lineTo(nextX, nextY);
      context.stroke();
    }
    context.restore();
    const empty = !strokes.length;
    this.root.dataset.empty = String(empty);
    this.undoButton.disabled = this.clearButton.disabled = empty;
    this.canvas.setAttribute("aria-label", `Pad to draw a digit on, which needs a pointer; strokes so far: ${strokes.length}`);
  }
}
