// The sentences below the two maps: what the points are, and how many are outside the windows.

import { countOutside } from "../../browser/map/view.js";

/** @typedef {import("../../browser/map/side.js").Side} Side */

/** @param {Side[]} sides @param {number[]} outside the number of codes outside each window */
export function captionOf(sides, outside) {
  const [{ choice: a }, { choice: b }] = sides;
  const imagesOf = (/** @type {typeof a} */ { images, dataset }) => `${counted(images)} ${dataset} test images`;
  const of = imagesOf(a) === imagesOf(b) ? imagesOf(a) : `${imagesOf(a)} (A) and ${imagesOf(b)} (B)`;
  const linked = a.dataset === b.dataset ? ". Point at an image to see it on both maps" : "";
  const without = sides.filter(({ choice }) => !choice.has_encoder).map(({ letter }) => letter);
  const exact = without.length ? `; of p(z|x) for ${without.join(" and ")}, without an encoder` : "";
  const drawn = `Each point: one of the ${of}, at the mean of q(z|x)${exact}; rings: 1 σ for some${linked}.`;
  return [drawn, ...sides.flatMap((side, i) => leftOut(side, outside[i]))].join(" ");
}

/** @param {Side} side @param {number} codes */
function leftOut({ letter, pane: { external, place } }, codes) {
  const lost = external && countOutside(Float32Array.of(external.z1, external.z2), place.view) > 0;
  return [
    ...(codes ? [`${counted(codes)} points of ${letter} lie outside its window.`] : []),
    ...(lost ? [`Your drawing lies outside the window of ${letter}.`] : []),
  ];
}

/** @param {number} count */
function counted(count) {
  return count.toLocaleString("en");
}
