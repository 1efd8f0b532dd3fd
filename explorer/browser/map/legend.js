// The legend above a map: a button for each class, which shows or hides it. It is one tab stop; arrow keys move between
// classes.

import { element } from "../ui/dom.js";
import { smallType } from "../ui/type.js";

/** @typedef {{name: string, colour: string, visible: boolean}} Class */

/** @type {Object<string, number>} */
const DIRECTIONS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

const LETTER_WIDTH = 0.62; // of the size of type, approximately
const SWATCH_WIDTH = 34; // px, with the gaps around it
const LEAST_SWATCH_WIDTH = 23; // px, where it lets all digits into one row
const MAX_COLUMNS = 5; // unless all classes fit into one row

/** Digits are in one row if there is room; other names are in rows of five, or as many as fit.
 * @param {number} width of the plot, in pixels @param {string[]} names of the classes */
export function legendGrid(width, names) {
  const longest = Math.max(...names.map(({ length }) => length));
  const letter = LETTER_WIDTH * smallType();
  const fit = Math.floor(width / (letter * longest + SWATCH_WIDTH));
  const narrow = isForThumbs() ? SWATCH_WIDTH : LEAST_SWATCH_WIDTH;
  const oneRow = longest === 1 && width >= names.length * (letter + narrow);
  const columns = oneRow ? names.length : Math.max(1, Math.min(MAX_COLUMNS, fit));
  return { columns, rows: Math.ceil(names.length / columns) };
}

/** The height of a row, in pixels: a thumb needs more than a mouse. */
export function legendRow() {
  return isForThumbs() ? 40 : Math.max(32, 2 * smallType());
}

function isForThumbs() {
  return matchMedia("(pointer: coarse)").matches;
}

export class Legend {
  /** @param {HTMLElement} root the toolbar
   * @param {(visible: boolean[]) => void} choose gets the visible classes after each change */
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.at = 0;
    /** @type {Class[]} */
    this.classes = [];
    root.addEventListener("click", ({ target }) => this.toggle(this.indexOf(target)));
    root.addEventListener("dblclick", ({ target }) => this.isolate(this.indexOf(target)));
    root.addEventListener("keydown", (event) => this.key(event));
  }

  get buttons() {
    return /** @type {HTMLElement[]} */ ([...this.root.children]);
  }

  /** @param {EventTarget | null} target @returns {number} of its class, or -1 */
  indexOf(target) {
    return this.buttons.findIndex((button) => button.contains(/** @type {Node} */ (target)));
  }

  /** @param {Class[]} classes @param {number} width of the plot, in pixels */
  draw(classes, width) {
    this.classes = classes;
    const { columns } = legendGrid(width, classes.map(({ name }) => name));
    this.root.style.gridTemplateColumns = `repeat(${columns}, auto)`;
    this.root.style.gridAutoRows = `${legendRow()}px`;
    if (this.buttons.length !== classes.length) this.root.replaceChildren(...classes.map(newButton));
    this.buttons.forEach((button, i) => {
      const { name, colour, visible } = classes[i];
      button.setAttribute("aria-label", `class ${name}`);
      button.setAttribute("aria-pressed", String(visible));
      button.style.setProperty("--lse-class", colour);
      /** @type {HTMLElement} */ (button.lastElementChild).textContent = name;
    });
    this.stopAt(Math.min(this.at, classes.length - 1));
  }

  /** @param {number} index of a class */
  toggle(index) {
    if (index >= 0) this.choose(this.classes.map(({ visible }, i) => (i === index ? !visible : visible)));
  }

  /** Show one class alone; if it is alone already, show all. @param {number} index of a class */
  isolate(index) {
    if (index < 0) return;
    const alone = this.classes.every(({ visible }, i) => visible === (i === index));
    this.choose(this.classes.map((_, i) => alone || i === index));
  }

  /** @param {number} index of the button that becomes the tab stop */
  stopAt(index) {
    this.at = index;
    this.buttons.forEach((button, i) => button.setAttribute("tabindex", i === index ? "0" : "-1"));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const [index, way] = [this.indexOf(event.target), DIRECTIONS[event.key]];
    if (index < 0 || !way) return;
    event.preventDefault();
    this.stopAt((index + way + this.classes.length) % this.classes.length);
    this.buttons[this.at].focus({ preventScroll: true });
  }
}

function newButton() {
  const button = element("button", "", element("i", ""), element("span", ""));
  button.setAttribute("type", "button");
  return button;
}
