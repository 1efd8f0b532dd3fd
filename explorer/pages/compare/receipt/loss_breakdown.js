// The input of the receipt: a column per side, for an image of the data set or for the drawing.

import { titleOf } from "../../../browser/map/card.js";

/** @typedef {import("../../../browser/map/side.js").Side} Side */
/** @typedef {import("../../../browser/ui/pictures.js").Images} Images */
/** @typedef {import("./loss_terms.js").LossBreakdown} LossBreakdown */

/** @param {Side[]} sides @param {Side} lead the side with the image @param {Images | null} originals
 * @param {boolean} awaited the originals are being fetched @param {number} image @returns {LossBreakdown} */
export function breakdownOfImage(sides, lead, originals, awaited, image) {
  const columns = sides.flatMap(({ letter, choice, pane }) => {
    const { loaded } = pane;
    const { label, likelihood, pixel_stddev, has_encoder } = choice;
    if (!loaded || !pane.holds(image)) return [];
    const [mean, stddev] = [loaded.mean, loaded.stddev].map((values) => values.slice(2 * image, 2 * image + 2));
    // Without an encoder q(z|x) is not a Gaussian, so terms computed from one would not be the model's loss.
    const exact = !has_encoder;
    const x = originals && !exact ? modelInput(likelihood, originals, image) : null;
    const stored = { reconstruction: loaded.reconstruction[image], kl: loaded.kl[image] };
    return [{ letter, label, likelihood, pixel_stddev, mean, stddev, decoder: loaded.decoder, x, stored, exact }];
  });
  const { loaded, subject } = lead.pane;
  const note = lead.choice.images_url ? "" : `The ${lead.choice.dataset} images are not on the server.`;
  return { title: loaded ? titleOf(loaded, subject, image) : "", note, columns, awaited };
}

/** @param {import("../drawing.js").Answer[]} answers @returns {LossBreakdown} */
export function breakdownOfDrawing(answers) {
  const columns = answers.flatMap(({ side: { letter, choice, pane }, mean, stddev, x }) => {
    if (!pane.loaded) return [];
    const { label, likelihood, pixel_stddev } = choice;
    const { decoder } = pane.loaded;
    return [{ letter, label, likelihood, pixel_stddev, mean, stddev, decoder, x, stored: null, exact: false }];
  });
  const otherDataSets = answers.filter(({ side }) => side.choice.dataset !== "MNIST");
  const note = otherDataSets.map(({ side: { letter, choice } }) => {
    return `${letter} was trained on ${choice.dataset}; the drawing is centred as the MNIST digits are.`;
  });
  return { title: "Your drawing", note: note.join(" "), columns, awaited: false };
}

/** An image as models of a likelihood see it.
 * @param {import("../../../browser/net/likelihood.js").Likelihood} likelihood @param {Images} originals @param {number} image */
function modelInput(likelihood, originals, image) {
  if (likelihood.is_binary) return Float32Array.from(originals.binary(image));
  return Float32Array.from(originals.pixels(image), (level) => level / 255);
}
