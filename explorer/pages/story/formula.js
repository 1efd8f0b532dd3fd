// A formula whose symbols say what they stand for, and light up together with it in the picture.

import { element } from "../../browser/ui/dom.js";

/** A part of a formula: its symbols, and what they stand for if they stand for something in the picture. ``of`` names the
 * parts of the picture, which have the same name in their data-of; ``tone`` is a loss term with a colour of its own.
 * Symbols are plain text: "_" and "^" take the next letter, or what stands in braces, as an index or a power.
 * @typedef {{symbols: string, means?: string, of?: string, tone?: "reconstruction" | "kl"}} Part */

const UPRIGHT = /^(log|KL|ELBO|exp|argmin|argmax|min|𝔼|𝒩|∫|Σ|∏|[0-9.,]+)$/;
const PIECE = /[_^]\{[^}]*\}|[_^].|log|KL|ELBO|exp|argmin|argmax|min|[0-9.,]+|./gsu;

/** @param {Part[]} parts */
export function formula(parts) {
  return element("p", "lse-formula", ...parts.map(partOf));
}

/** @param {Part} part */
function partOf({ symbols, means, of, tone }) {
  const math = element("span", `lse-math${tone ? ` lse-math-${tone}` : ""}`, ...typeset(symbols));
  if (!means) return math;
  const button = element("button", "lse-part", math, element("small", "", means));
  button.setAttribute("type", "button");
  button.dataset.of = of ?? "";
  return button;
}

/** Letters in italics; words, numbers and signs upright. @param {string} symbols @returns {(HTMLElement | string)[]} */
export function typeset(symbols) {
  return (symbols.match(PIECE) ?? []).map((piece) => {
    if (/^[_^]./.test(piece)) {
      const inner = piece[1] === "{" ? piece.slice(2, -1) : piece.slice(1);
      return element(piece[0] === "_" ? "sub" : "sup", "", ...typeset(inner));
    }
    return UPRIGHT.test(piece) || !/\p{L}/u.test(piece) ? piece : element("i", "", piece);
  });
}

/** Light up what the pointer or the focus is on, wherever in ``root`` it is drawn or written.
 * @param {HTMLElement} root @param {AbortSignal} signal */
export function lightUp(root, signal) {
  const light = (/** @type {Event} */ { target }) => {
    const names = /** @type {Element} */ (target).closest("[data-of]")?.getAttribute("data-of") ?? "";
    for (const each of root.querySelectorAll("[data-of]")) {
      const own = (each.getAttribute("data-of") ?? "").split(" ");
      each.classList.toggle("lse-lit-up", names.split(" ").some((name) => name && own.includes(name)));
    }
  };
  root.addEventListener("pointerover", light, { signal });
  root.addEventListener("focusin", light, { signal });
}
