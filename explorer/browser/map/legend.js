// Keyboard control of Plotly's legend: one tab stop, arrow keys move between classes, Enter or space toggles one.

/** @type {Object<string, number>} */
const DIRECTIONS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export class Legend {
  /** @param {HTMLElement} element in which Plotly draws @param {(index: number) => void} toggle shows or hides a class */
  constructor(element, toggle) {
    this.element = element;
    this.toggle = toggle;
    this.at = 0;
    element.addEventListener("keydown", (event) => this.key(event));
  }

  get entries() {
    return /** @type {NodeListOf<SVGElement>} */ (this.element.querySelectorAll(".legendtoggle"));
  }

  /** Add accessible names to the legend that Plotly has drawn. @param {{name: string, visible: boolean}[]} classes */
  name(classes) {
    const legend = this.element.querySelector(".legend");
    legend?.setAttribute("role", "toolbar");
    legend?.setAttribute("aria-label", "Classes shown; arrow keys go from one to the next");
    this.entries.forEach((entry, i) => {
      entry.setAttribute("role", "button");
      entry.setAttribute("aria-label", `class ${classes[i]?.name}`);
      entry.setAttribute("aria-pressed", String(classes[i]?.visible));
    });
    this.stopAt(Math.min(this.at, classes.length - 1));
  }

  /** @param {number} index of the entry that becomes the tab stop */
  stopAt(index) {
    this.at = index;
    this.entries.forEach((entry, i) => entry.setAttribute("tabindex", i === index ? "0" : "-1"));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const index = [...this.entries].indexOf(/** @type {SVGElement} */ (event.target));
    const way = DIRECTIONS[event.key];
    if (index < 0 || !(way || event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    if (!way) return this.toggle(index);
    this.stopAt((index + way + this.entries.length) % this.entries.length);
    this.entries[this.at].focus({ preventScroll: true });
  }
}
