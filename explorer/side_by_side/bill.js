// What the receipt is made out for: an image of the data set, or the drawing, once for each side.

import { titleOf } from "../latent_map/card.js";

/** @typedef {import("./side.js").Side} Side */
/** @typedef {import("../latent_map/pictures.js").Images} Images */

/** @param {Side[]} sides @param {Side} lead whose image it is @param {Images | null} originals @param {number} image */
export function billOfImage(sides, lead, originals, image) {
  const columns = sides.flatMap(({ letter, choice: { label, likelihood }, pane }) => {
    const { loaded } = pane;
    if (!loaded || !pane.holds(image)) return [];
    const [mean, stddev] = [loaded.mean, loaded.stddev].map((values) => values.slice(2 * image, 2 * image + 2));
    const x = originals ? seenBy(likelihood, originals, image) : null;
    const { decoder } = loaded;
    return [{ letter, label, likelihood, mean, stddev, decoder, x, reconstruction: loaded.reconstruction[image] }];
  });
  const { loaded, subject } = lead.pane;
  const note = lead.choice.images_url ? "" : `The ${lead.choice.dataset} files are not on the server.`;
  return { title: loaded ? titleOf(loaded, subject, image) : "", note, columns };
}

/** @param {import("./drawing.js").Answer[]} answers */
export function billOfDrawing(answers) {
  const columns = answers.flatMap(({ side: { letter, choice, pane }, mean, stddev, x }) => {
    if (!pane.loaded) return [];
    const { label, likelihood } = choice;
    return [{ letter, label, likelihood, mean, stddev, decoder: pane.loaded.decoder, x, reconstruction: null }];
  });
  const strangers = answers.filter(({ side }) => side.choice.dataset !== "MNIST");
  const note = strangers.map(({ side: { letter, choice } }) => {
    return `${letter} learnt from ${choice.dataset}, unlike a drawing centred as MNIST’s digits are.`;
  });
  return { title: "Your drawing", note: note.join(" "), columns };
}

/** An image as models of a likelihood are given it. @param {string} likelihood @param {Images} originals @param {number} image */
function seenBy(likelihood, originals, image) {
  if (likelihood !== "gaussian") return Float32Array.from(originals.binary(image));
  return Float32Array.from(originals.pixels(image), (level) => level / 255);
}
