// What is encoded, the selected image or the drawing: as it is stored, as the models see it, and as each rebuilds it.

import { element } from "../../browser/ui/dom.js";
import { newPicture } from "../../browser/ui/pictures.js";

/** Pixels [784] in 0..white. @typedef {{caption: string, pixels: ArrayLike<number>, white: number}} Original */

const INVITATION = "Click a point, draw a digit or type a number: both models get the same image.";

/** @param {HTMLElement} root to fill @param {Original | null} original
 * @param {import("./receipt/loss_terms.js").BreakdownColumn[]} columns one of each model @param {string[]} notes */
export function showGiven(root, original, columns, notes) {
  const seen = columns.filter(({ x, likelihood }) => x && likelihood.is_binary);
  const subject = seen.length > 1 ? "they see" : `${seen[0]?.letter} sees`;
  const pictures = [
    ...(original ? [original] : []),
    ...seen.slice(0, 1).map(({ x }) => ({ caption: `x, what ${subject}`, pixels: x ?? [], white: 1 })),
    ...columns.map(({ letter, mean, decoder }) => {
      return { caption: `${letter} rebuilds`, pixels: decoder.decode(mean).slice(), white: 1 };
    }),
  ];
  const words = pictures.length ? notes : [INVITATION, ...notes];
  root.replaceChildren(
    ...pictures.map(({ caption, pixels, white }) => {
      return element("figure", "", newPicture(pixels, white), element("figcaption", "", caption));
    }),
    ...words.map((note) => element("p", "lse-quiet", note)),
  );
}
