// What is encoded, the selected image or the drawing: as it is stored, as the models see it, and as each rebuilds it.

import { element } from "../../browser/ui/dom.js";
import { newPicture } from "../../browser/ui/pictures.js";

/** Pixels [784] in 0..white. @typedef {{caption: string, pixels: ArrayLike<number>, white: number}} Original */

const INVITATION = "Click a point, draw a digit or type a number: both models get the same image, and so do the other pages.";

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

/** What a map marks, and its picture: the selected image, or else the drawing.
 * @param {import("../../browser/map/pane.js").Pane} pane @param {number} image selected, or -1
 * @param {Float32Array | null} ink the drawing @returns {import("../../browser/map/thumbnail.js").Pictured | null} */
export function picturedOn(pane, image, ink) {
  const { external, panes } = pane;
  if (image < 0) return ink && external && { z: [external.z1, external.z2], pixels: ink, scale: 1 };
  const images = panes.originals.loaded(panes.lead.subject.images_url);
  if (!images || !pane.holds(image)) return null;
  return { z: pane.pointOf(image), pixels: images.pixels(image), scale: 255 };
}
