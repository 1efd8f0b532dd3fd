// The names of the classes on a map, so placed that none lies on another, on the handle, or on what else is written.

import { svg } from "../ui/dom.js";
import { smallType } from "../ui/type.js";

/** A name and where it belongs, in pixels. @typedef {{name: string, x: number, y: number}} Name */
/** A part of the plot that is taken: its middle, and half its width and height, in pixels.
 * @typedef {{x: number, y: number, across: number, down: number}} Box */
/** How far a name stands from where it belongs, in pixels; shown false: there is no room near it.
 * @typedef {{dx: number, dy: number, shown: boolean}} Shift */
/** @typedef {Name & Shift} Placed */

const SIZE = 1.25; // of a name, in sizes of small type
const [LETTER, HEIGHT] = [0.65, 1.1]; // of the size of type: the width of a letter and the height of a name
const DIRECTIONS = Array.from({ length: 8 }, (_, i) => [Math.sin((i * Math.PI) / 4), -Math.cos((i * Math.PI) / 4)]);
const STEPS = [0.5, 1, 1.5, 2]; // of the height, away from its place
const AT_HOME = { dx: 0, dy: 0, shown: true };

export class Names {
  /** @param {HTMLElement} marks of the map */
  constructor(marks) {
    this.marks = marks;
    /** The names stay in the document, so that style sheets can let them glide to another place beside their codes. */
    this.layer = svg("g", {});
    marks.replaceChildren(this.layer);
    /** @type {Map<string, Element>} */
    this.texts = new Map();
    /** @type {Map<string, Shift>} */
    this.shifts = new Map();
  }

  /** Draw the names. @param {Name[]} wanted where they belong @param {number} side of the plot, in pixels
   * @param {Box[]} taken what else is on the plot @returns {{x: number, y: number}[]} where they stand */
  show(wanted, side, taken) {
    const placed = apart(wanted, SIZE * smallType(), side, taken, this.shifts);
    this.shifts = new Map(placed.map(({ name, dx, dy, shown }) => [name, { dx, dy, shown }]));
    this.texts = new Map(placed.map(({ name }) => [name, this.texts.get(name) ?? newText(name)]));
    for (const { name, x, y, dx, dy, shown } of placed) {
      const text = /** @type {SVGElement} */ (this.texts.get(name));
      text.setAttribute("x", String(x));
      text.setAttribute("y", String(y));
      text.style.transform = `translate(${dx}px, ${dy}px)`;
      text.style.opacity = shown ? "1" : "0";
    }
    const texts = [...this.texts.values()];
    if (texts.some((text, i) => this.layer.children[i] !== text) || texts.length !== this.layer.children.length) {
      this.layer.replaceChildren(...texts);
    }
    return placed.filter(({ shown }) => shown).map(({ x, y, dx, dy }) => ({ x: x + dx, y: y + dy }));
  }

  /** Draw what lies below and above the names, in the place of what lay there.
   * @param {Element[]} below @param {Element[]} above */
  between(below, above) {
    for (const mark of [...this.marks.children]) if (mark !== this.layer) mark.remove();
    this.marks.prepend(...below);
    this.marks.append(...above);
  }
}

/** @param {string} name */
function newText(name) {
  const text = svg("text", { class: name.length > 1 ? "lse-letter lse-word" : "lse-letter" });
  text.textContent = name;
  return text;
}

/** Each name where it belongs, or else where it was, or as near as there is room, or not at all: where it was, so that
 * it does not jump about while codes move.
 * @param {Name[]} names @param {number} size of type, in pixels @param {number} side of the plot, in pixels
 * @param {Box[]} taken @param {Map<string, Shift>} before by name @returns {Placed[]} */
function apart(names, size, side, taken, before) {
  const boxes = [...taken];
  const steps = STEPS.flatMap((step) => DIRECTIONS.map(([right, down]) => shiftBy(right, down, step * HEIGHT * size)));
  return names.map((name) => {
    const last = before.get(name.name);
    const box = (/** @type {Shift} */ { dx, dy }) => boxOf({ ...name, x: name.x + dx, y: name.y + dy }, size);
    const free = (/** @type {Shift} */ shift) => isFree(box(shift), boxes, side);
    const found = [AT_HOME, ...(last?.shown ? [last] : []), ...steps].find(free) ?? { ...(last ?? AT_HOME), shown: false };
    if (found.shown) boxes.push(box(found));
    return { ...name, ...found };
  });
}

/** @param {number} right @param {number} down @param {number} length in pixels @returns {Shift} */
function shiftBy(right, down, length) {
  return { dx: right * length, dy: down * length, shown: true };
}

/** @param {Name} name @param {number} size @returns {Box} */
function boxOf({ name, x, y }, size) {
  return { x, y, across: (LETTER * size * name.length) / 2, down: (HEIGHT * size) / 2 };
}

/** On the plot, and on no other box. @param {Box} box @param {Box[]} others @param {number} side */
function isFree(box, others, side) {
  const inside = Math.max(Math.abs(box.x - side / 2) + box.across, Math.abs(box.y - side / 2) + box.down) <= side / 2;
  return inside && !others.some((other) => touch(box, other));
}

/** @param {Box} one @param {Box} other */
function touch(one, other) {
  return Math.abs(one.x - other.x) < one.across + other.across && Math.abs(one.y - other.y) < one.down + other.down;
}
