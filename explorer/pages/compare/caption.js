// The sentences under the two maps: what is drawn, and what the windows leave out.

import { countOutside } from "../../browser/map/view.js";

/** @typedef {import("../../browser/map/side.js").Side} Side */

/** @param {Side[]} sides @param {number[]} outside how many codes each window leaves out */
export function captionOf(sides, outside) {
  const [{ choice: a }, { choice: b }] = sides;
  const imagesOf = (/** @type {typeof a} */ { images, dataset }) => `${counted(images)} ${dataset} test images`;
  const of = imagesOf(a) === imagesOf(b) ? imagesOf(a) : `${imagesOf(a)} (A) and ${imagesOf(b)} (B)`;
  const linked = a.dataset === b.dataset ? ". Point at an image to see it on both maps" : "";
  const drawn = `Each point: where the encoder puts one of the ${of} (the mean of q(z|x))${linked}.`;
  return [drawn, ...sides.flatMap((side, i) => leftOut(side, outside[i]))].join(" ");
}

/** @param {Side} side @param {number} codes */
function leftOut({ letter, pane: { guest, place } }, codes) {
  const lost = guest && countOutside(Float32Array.of(guest.z1, guest.z2), place.view) > 0;
  return [
    ...(codes ? [`${counted(codes)} points of ${letter} lie outside its window.`] : []),
    ...(lost ? [`Your drawing lies outside the window of ${letter}.`] : []),
  ];
}

/** @param {number} count */
function counted(count) {
  return count.toLocaleString("en");
}
