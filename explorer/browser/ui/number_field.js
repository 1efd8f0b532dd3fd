// A field that selects a test image by its number.

import { showErrorIn, element } from "./dom.js";

export class NumberField {
  /** @param {HTMLElement} root to fill @param {(image: number) => void} choose */
  constructor(root, choose) {
    this.choose = choose;
    this.image = -1;
    this.images = 0;
    this.input = /** @type {HTMLInputElement} */ (element("input", ""));
    Object.assign(this.input, { type: "number", min: "0", step: "1", inputMode: "numeric" });
    this.name = element("span", "");
    this.error = element("p", "lse-number-error");
    this.error.setAttribute("role", "alert");
    const form = /** @type {HTMLFormElement} */ (element("form", "", element("label", "", "test image ", this.input)));
    form.noValidate = true; // we show our own message
    form.append(this.name);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take();
    });
    this.input.addEventListener("change", () => this.take());
    root.replaceChildren(form, this.error);
    this.show(-1, 0, "");
  }

  /** @param {number} image the selected one, or -1 @param {number} images their count @param {string} name of
   * its class */
  show(image, images, name) {
    Object.assign(this, { image, images });
    Object.assign(this.input, { max: String(images - 1), disabled: !images });
    this.name.textContent = name && `class ${name}`;
    this.showNumber();
  }

  showNumber() {
    this.input.value = this.image < 0 ? "" : String(this.image);
    this.showError("");
  }

  take() {
    const { input, images } = this;
    const image = input.valueAsNumber;
    if (!input.value && !input.validity.badInput) return this.showNumber();
    const known = Number.isInteger(image) && image >= 0 && image < images;
    const last = (images - 1).toLocaleString("en");
    this.showError(known ? "" : `No test image has this number. Type a whole number from 0 to ${last}.`);
    if (known) this.choose(image);
  }

  /** @param {string} sentence "" removes the last one */
  showError(sentence) {
    this.input.setAttribute("aria-invalid", String(Boolean(sentence)));
    this.name.hidden = Boolean(sentence);
    showErrorIn(this.error, sentence);
  }
}
