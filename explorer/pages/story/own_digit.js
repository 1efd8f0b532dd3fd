// A digit that the visitor draws, in place of a test image.

import { binarised } from "../../browser/ui/centring.js";
import { element } from "../../browser/ui/dom.js";
import { Pad } from "../../browser/ui/pad.js";

const NO_CLASS = -1;

/** A pad that unfolds. @param {AbortSignal} signal ends the pad
 * @param {(digit: import("./kit.js").Digit, final: boolean) => void} drawn final false during a stroke */
export function ownDigit(signal, drawn) {
  const pad = element("div", "lse-pad");
  const changed = (/** @type {Float32Array | null} */ ink, /** @type {boolean} */ final) => {
    if (ink) drawn({ x: binarised(ink), label: NO_CLASS, title: "your digit" }, final);
  };
  new Pad(pad, signal, { changed, numbered: false });
  return element("details", "lse-own", element("summary", "", "Draw your own x"), pad);
}
