// A digit that the visitor draws, in place of a test image.

import { carriedDrawing, carryDrawing } from "../../browser/map/carried.js";
import { binarised } from "../../browser/ui/centring.js";
import { element } from "../../browser/ui/dom.js";
import { Pad } from "../../browser/ui/pad.js";

const NO_CLASS = -1;

/** A pad that unfolds, with what was drawn on the page or scene before. @param {AbortSignal} signal ends the pad
 * @param {(digit: import("./kit.js").Digit, final: boolean) => void} drawn final false during a stroke */
export function ownDigit(signal, drawn) {
  const field = element("div", "lse-pad");
  const show = (/** @type {Float32Array | null} */ ink, /** @type {boolean} */ final) => {
    if (ink) drawn({ x: binarised(ink), label: NO_CLASS, title: "your digit" }, final);
  };
  const changed = (/** @type {Float32Array | null} */ ink, /** @type {boolean} */ final) => {
    if (final) carryDrawing(pad.text);
    show(ink, final);
  };
  const pad = new Pad(field, signal, { changed, numbered: false });
  const fold = /** @type {HTMLDetailsElement} */ (element("details", "lse-own", element("summary", "", "Draw your own x"), field));
  fold.addEventListener("toggle", () => {
    if (fold.open && !pad.strokes.length && carriedDrawing()) show(pad.restore(carriedDrawing()), true);
  });
  return fold;
}
