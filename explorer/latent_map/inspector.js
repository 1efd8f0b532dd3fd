// One image at a time: the card under the pointer, and the panel of the selected one.

import { element } from "./dom.js";
import { fetchImages } from "./loading.js";
import { showImage } from "./panel.js";
import { newPicture } from "./pictures.js";
import { toPixels } from "./view.js";

/** @typedef {import("./loading.js").Loaded} Loaded */

const CARD_WIDTH = 150; // px, its distance from the point included
const CARD_HEIGHT = 130;

export class Inspector {
  /** @param {HTMLElement} card @param {HTMLElement} panel @param {string[]} classNames
   * @param {string | null} imagesUrl null where the originals are not on the server's machine
   * @param {(sentence: string) => void} complain */
  constructor(card, panel, classNames, imagesUrl, complain) {
    this.card = card;
    this.panel = panel;
    this.classNames = classNames;
    this.imagesUrl = imagesUrl;
    this.complain = complain;
    /** @type {import("./pictures.js").Images | null} */
    this.images = null;
    this.failed = false;
  }

  /** Fetch the originals when the first of them is wanted. @param {() => void} then once they are there */
  async wantImages(then) {
    if (this.images || this.failed || !this.imagesUrl) return;
    try {
      this.images = await fetchImages(this.imagesUrl);
    } catch {
      this.failed = true;
      this.complain("The original images could not be loaded; reload the page to try again.");
    }
    then();
  }

  /** @param {Loaded} loaded @param {number} image its index, or -1 for none
   * @param {import("./glide.js").Placement} place @param {number} side of the plot, in pixels */
  showCard(loaded, image, place, side) {
    this.card.hidden = image < 0;
    this.card.dataset.image = String(image);
    if (image < 0) return;
    void this.wantImages(() => {
      if (this.card.dataset.image === String(image)) this.showCard(loaded, image, place, side);
    });
    const z = place.points.slice(2 * image, 2 * image + 2);
    const picture = this.images ? newPicture(this.images.pixels(image), 255) : newPicture(loaded.decoder.decode(z), 1);
    const words = `${this.titled(loaded, image)} (${this.images ? "original" : "reconstruction"})`;
    this.card.replaceChildren(picture, element("figcaption", "", words));
    const [x, y] = toPixels(place.view, side, z[0], z[1]);
    const left = x > side / 2 ? x - CARD_WIDTH : x + 16;
    const top = y > side / 2 ? y - CARD_HEIGHT : y + 16;
    this.card.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** @param {Loaded} loaded @param {number} image its index, or -1 for none
   * @param {import("./panel.js").Model} model */
  showPanel(loaded, image, model) {
    this.panel.dataset.image = String(image);
    if (image < 0) return showImage(this.panel, null);
    void this.wantImages(() => {
      if (this.panel.dataset.image === String(image)) this.showPanel(loaded, image, model);
    });
    const { mean, stddev, reconstruction, kl, decoder } = loaded;
    const row = 2 * image;
    /** @type {[string, HTMLCanvasElement][]} */
    const pictures = [["decoded at its mean", newPicture(decoder.decode(mean.slice(row, row + 2)), 1)]];
    if (this.images) {
      const [stored, seen] = [this.images.pixels(image), this.images.binary(image)];
      pictures.unshift(["original", newPicture(stored, 255)], ["x, binarised", newPicture(seen, 1)]);
    }
    const missing = this.imagesUrl ? "" : ` The ${model.dataset} files are not on the server, so no original is shown.`;
    showImage(this.panel, {
      title: this.titled(loaded, image),
      pictures,
      reconstruction: reconstruction[image],
      kl: kl[image],
      sigma: stddev.subarray(row, row + 2),
      note: `E is the mean over ${model.samples} draws of z.${missing}`,
    });
  }

  /** @param {Loaded} loaded @param {number} image */
  titled(loaded, image) {
    return `Test image ${image}, class ${this.classNames[loaded.label[image]]}`;
  }
}
