// The card at the pointer: the picture and title of one image.

import { element, write } from "../ui/dom.js";
import { drawPicture, newPicture, PICTURE_PIXELS } from "../ui/pictures.js";
import { toPixels } from "./view.js";

/** @typedef {import("./loading.js").Loaded} Loaded */
/** The data set and likelihood of the codes.
 * @typedef {{dataset: string, likelihood: import("../net/likelihood.js").Likelihood,
 *   class_names: string[], images_url: string | null}} Subject */

const CARD_WIDTH = 150; // px, including its distance from the point
const CARD_HEIGHT = 130;

export class Card {
  /** @param {HTMLElement} card @param {import("./originals.js").Originals} originals */
  constructor(card, originals) {
    this.card = card;
    this.originals = originals;
    this.picture = newPicture(new Float32Array(PICTURE_PIXELS), 1);
    this.words = element("figcaption", "");
    card.replaceChildren(this.picture, this.words);
  }

  hide() {
    this.card.hidden = true;
    this.card.dataset.image = "-1";
  }

  /** @param {Loaded} loaded @param {Subject} subject @param {number} image its index
   * @param {import("./glide.js").Placement} place @param {number} side of the plot, in pixels */
  show(loaded, subject, image, place, side) {
    this.card.hidden = false;
    this.card.dataset.image = String(image);
    const originals = this.originals.at(subject.images_url, () => {
      if (this.card.dataset.image === String(image)) this.show(loaded, subject, image, place, side);
    });
    const z = place.points.slice(2 * image, 2 * image + 2);
    if (originals) drawPicture(this.picture, originals.pixels(image), 255);
    else drawPicture(this.picture, loaded.decoder.decode(z), 1);
    write(this.words, `${titleOf(loaded, subject, image)} (${originals ? "original" : "reconstruction"})`);
    const [x, y] = toPixels(place.view, side, z[0], z[1]);
    const left = x > side / 2 ? x - CARD_WIDTH : x + 16;
    const top = y > side / 2 ? y - CARD_HEIGHT : y + 16;
    this.card.style.transform = `translate(${left}px, ${top}px)`;
  }
}

/** @param {Loaded} loaded @param {Subject} subject @param {number} image */
export function titleOf(loaded, subject, image) {
  return `Test image ${image}, class ${subject.class_names[loaded.label[image]]}`;
}
