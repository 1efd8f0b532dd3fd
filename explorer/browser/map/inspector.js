// The panel of the selected image: its pictures and its loss terms.

import { titleOf } from "./card.js";
import { showImage } from "./panel.js";
import { newPicture } from "../ui/pictures.js";

/** @typedef {import("./loading.js").Loaded} Loaded */
/** @typedef {import("./card.js").Subject} Subject */

export class Inspector {
  /** @param {HTMLElement} panel @param {import("./originals.js").Originals} originals */
  constructor(panel, originals) {
    this.panel = panel;
    this.originals = originals;
  }

  /** @param {Loaded} loaded @param {Subject} subject @param {number} image its index, or -1 for none
   * @param {string} note */
  show(loaded, subject, image, note) {
    this.panel.dataset.image = String(image);
    if (image < 0) return showImage(this.panel, null);
    const originals = this.originals.at(subject.images_url, () => {
      if (this.panel.dataset.image === String(image)) this.show(loaded, subject, image, note);
    });
    const { mean, stddev, reconstruction, kl, decoder } = loaded;
    const row = 2 * image;
    const rebuilt = newPicture(decoder.decode(mean.slice(row, row + 2)), 1);
    showImage(this.panel, {
      title: titleOf(loaded, subject, image),
      pictures: [...(originals ? picturesOf(originals, subject, image) : []), ["decoded at its mean", rebuilt]],
      reconstruction: reconstruction[image],
      kl: kl[image],
      likelihood: subject.likelihood,
      sigma: stddev.subarray(row, row + 2),
      note,
    });
  }
}

/** The image as stored and as the model sees it. @param {import("./originals.js").Images} originals
 * @param {Subject} subject @param {number} image @returns {[string, HTMLCanvasElement][]} */
function picturesOf(originals, { likelihood }, image) {
  const stored = newPicture(originals.pixels(image), 255);
  if (!likelihood.is_binary) return [["x, the original", stored]];
  return [
    ["original", stored],
    ["x, binarised", newPicture(originals.binary(image), 1)],
  ];
}
