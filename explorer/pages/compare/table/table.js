// The table of measures: one column per model, one row per measure, with a sparkline over beta.

import { element } from "../../../browser/ui/dom.js";
import { sameKind } from "../../../browser/net/likelihood.js";
import { unitOf } from "../../../browser/map/panel.js";
import {
  measuresFloor,
  measuresOf,
  rangeOf,
  spreadOf,
  valueOf,
  withChosen,
} from "./measures.js";
import { canvasOf, saveButtons } from "../../../browser/ui/saving.js";
import { sparkline } from "./sparkline.js";
import { captionOf, kindOf, small } from "./table_words.js";

/** @typedef {import("../../../wire.js").Choice} Choice */
/** @typedef {import("./measures.js").Measure} Measure */
/** @typedef {{models: Choice[], seeds: import("../../../wire.js").Seed[], classifier: import("../../../wire.js").Classifier,
 *   a: Choice, b: Choice}} Shown */
/** A column of the table; choice null is the one of the sparklines. @typedef {{choice: Choice | null, letters: string}} Column */

const NARROW = 860; // px

export class MeasuresTable {
  /** @param {HTMLElement} section to fill @param {{pick: (name: string) => void}} events */
  constructor(section, { pick }) {
    this.section = section;
    this.pick = pick;
    this.table = element("table", "lse-table");
    this.caption = element("p", "lse-quiet");
    const save = saveButtons({
      name: "table of measures",
      of: () => (this.shown ? [this.shown.a.label, this.shown.b.label] : []),
      png: () => canvasOf(this.table),
      csv: () => this.rows(),
    });
    this.hint = element("small", "", "Scroll the table sideways to see all models.");
    const head = element("header", "lse-figure-head", this.hint, save);
    this.box = element("div", "lse-table-box", this.table);
    section.replaceChildren(head, this.box, this.caption);
    this.narrow = false;
    /** Whether the table is wider than its box. */
    this.crowded = false;
    /** @type {Shown | null} */
    this.shown = null;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(section);
  }

  /** @param {Shown} shown */
  show(shown) {
    this.shown = shown;
    this.render();
  }

  get given() {
    return /** @type {Shown} */ (this.shown);
  }

  fit() {
    const narrow = this.section.clientWidth < NARROW;
    // The order of the columns does not change their total width, so the decision made here stays valid.
    if (narrow !== this.narrow || this.overflows !== this.crowded) this.render();
  }

  get overflows() {
    return this.box.scrollWidth > this.box.clientWidth;
  }

  render() {
    if (!this.shown) return;
    this.narrow = this.section.clientWidth < NARROW;
    const held = this.table.contains(document.activeElement) ? document.activeElement : null;
    this.table.dataset.narrow = String(this.narrow);
    this.fill();
    if (this.overflows !== this.crowded) {
      this.crowded = this.overflows;
      this.fill();
    }
    this.hint.hidden = !this.crowded;
    this.caption.textContent = captionOf(this.shown);
    this.section.dataset.ready = "true";
    if (held instanceof HTMLElement) this.button(held.dataset.column ?? "")?.focus();
  }

  fill() {
    const body = element("tbody", "");
    for (const measure of measuresOfShown(this.given)) {
      if (measure.key === "mutual_information") body.append(this.splitRow());
      body.append(this.row(measure));
    }
    this.table.replaceChildren(this.headRow(), body);
  }

  /** @param {string} name @returns {HTMLElement | undefined} */
  button(name) {
    return [...this.table.querySelectorAll("button")].find(({ dataset }) => dataset.column === name);
  }

  /** The columns; A and B come first if the table is wider than its box. @returns {Column[]} */
  get columns() {
    const { models, a, b } = this.given;
    const all = withChosen(models, [a, b]).map((choice) => ({ choice, letters: lettersOf(choice, a, b) }));
    const spark = { choice: null, letters: "" };
    if (!this.crowded) return [spark, ...all];
    const chosen = all.filter(({ letters }) => letters).sort((one, other) => one.letters.localeCompare(other.letters));
    return [...chosen, spark, ...all.filter(({ letters }) => !letters)];
  }

  headRow() {
    const cells = this.columns.map((column) =>
      column.choice ? this.head(column.choice, column.letters) : sparkHead(),
    );
    return element("thead", "", element("tr", "", element("td", ""), ...cells));
  }

  /** @param {Choice} choice @param {string} letters */
  head(choice, letters) {
    const { name, label } = choice;
    const button = element("button", "", ...badges(letters), element("span", "", label));
    Object.assign(button, { type: "button", title: label });
    button.dataset.column = name;
    button.addEventListener("click", () => this.pick(name));
    const cell = element("th", classOf(letters), button, ...kindOf(choice, this.given.models[0]));
    cell.setAttribute("scope", "col");
    return cell;
  }

  /** The heading of the two rows that sum to KL. */
  splitRow() {
    const about = small("q(z) is the mean of q(z|x) over the images");
    const cell = element("th", "lse-measure", "KL = I(x; z) + KL(q(z) ‖ p(z))", about);
    const empty = this.columns.map(({ letters }) => element("td", classOf(letters)));
    return element("tr", "lse-split", cell, ...empty);
  }

  /** @param {Measure} measure */
  row(measure) {
    const { key, name, unit, words, tone, part } = measure;
    const title = element("span", tone ? `lse-${tone}` : "", name);
    const head = element("th", "lse-measure", title, " ", element("small", "lse-unit", unit), small(words));
    head.setAttribute("scope", "row");
    const cells = this.columns.map(({ choice, letters }) =>
      choice ? this.cell(measure, choice, letters) : element("td", "lse-spark-cell", ...this.spark(measure)),
    );
    const row = element("tr", part ? "lse-part" : "", head, ...cells);
    row.dataset.measure = key;
    return row;
  }

  /** @param {Measure} measure @param {Choice} choice @param {string} letters */
  cell(measure, choice, letters) {
    const { key, unit, print } = measure;
    const value = valueOf(choice, key);
    if (value === undefined) return missingCell(choice, letters);
    const floored = measuresFloor(choice, measure);
    const text = print(value);
    const cell = element("td", classOf(letters), text);
    const exact = unitOf({ key, unit, name: "", tone: "" }, choice.likelihood);
    cell.title = `${choice.label}: ${value} ${exact}`;
    const after = spreadOf(choice, measure, text).trim();
    const range = rangeOf(choice, this.given.seeds, measure);
    if (floored) cell.append(" †");
    else if (after) cell.append(small(after));
    if (exact !== unit) cell.append(small(exact));
    if (range) cell.append(small(spanOf(...range, print)));
    return cell;
  }

  /** @param {Measure} measure */
  spark(measure) {
    const { key, name, tone = "", log = false } = measure;
    const { models, seeds, a, b } = this.given;
    const scratch = models.filter((choice) => choice.from_scratch);
    const dots = scratch.map((choice) => {
      const value = valueOf(choice, key);
      const range = rangeOf(choice, seeds, measure);
      return value === undefined ? null : { value, range, letters: lettersOf(choice, a, b) };
    });
    const found = dots.flatMap((dot) => dot ?? []);
    if (found.length < 2) return [];
    const [first, last] = [found[0], found[found.length - 1]].map(({ value }) => value.toPrecision(3));
    const label = `${name} over β: ${first} first, ${last} last`;
    return [sparkline(dots, asidesOf(this.given, key, scratch), { label, tone, log })];
  }

  /** All models with all measures, then the seeds. @returns {import("../../../browser/ui/saving.js").Rows} */
  rows() {
    if (!this.shown) return [];
    const { models, seeds, a, b } = this.shown;
    const keys = keysOfRows(this.shown);
    const about = ["model", "data set", "likelihood", "images", "beta", "seed"];
    const measured = withChosen(models, [a, b]).map((choice) => [
      ...[choice.label, choice.dataset, choice.likelihood.name, choice.images, choice.beta, ""],
      ...keys.map(({ key }) => valueOf(choice, key) ?? ""),
    ]);
    const { dataset, likelihood, images } = models.find((choice) => choice.from_scratch) ?? models[0];
    const others = seeds.map(({ beta, seed, measures: values }) => [
      ...[`β = ${beta}`, dataset, likelihood.name, images, beta, seed],
      ...keys.map(({ key }) => values[key] ?? ""),
    ]);
    const names = keys.map(({ key, unit }) => `${key} (${unit === "%" ? "share" : unit})`);
    return [[...about, ...names], ...measured, ...others];
  }

  destroy() {
    this.observer.disconnect();
  }
}

/** @param {Shown} shown */
function measuresOfShown({ models, classifier, a, b }) {
  return measuresOf(
    [...models, a, b].map(({ images }) => images),
    classifier,
  );
}

/** Every measure, followed by its standard deviation if any model has one. @param {Shown} shown */
function keysOfRows(shown) {
  const known = withChosen(shown.models, [shown.a, shown.b]);
  return measuresOfShown(shown).flatMap(({ key, unit }) => {
    const sd = `${key}_sd`;
    return [{ key, unit }, ...(known.some((choice) => valueOf(choice, sd) !== undefined) ? [{ key: sd, unit }] : [])];
  });
}

/** @param {number} least @param {number} greatest @param {(value: number) => string} print */
function spanOf(least, greatest, print) {
  const [from, to] = [print(least), print(greatest)];
  return from === to ? `all ${to}` : `${from}–${to}`;
}

/** @param {Choice} choice @param {Choice} a @param {Choice} b */
function lettersOf({ name }, a, b) {
  return `${name === a.name ? "A" : ""}${name === b.name ? "B" : ""}`;
}

/** @param {string} letters */
function classOf(letters) {
  return letters && "lse-picked";
}

/** @param {string} letters */
function badges(letters) {
  return [...letters].map((letter) => element("b", "lse-badge", letter));
}

function sparkHead() {
  const cell = element("th", "lse-spark-cell", "over β");
  cell.setAttribute("scope", "col");
  return cell;
}

/** @param {Choice} choice @param {string} letters */
function missingCell({ measures, measuring, kept }, letters) {
  const cell = element("td", `lse-missing ${classOf(letters)}`, measuring ? "measuring…" : "—");
  if (measuring) return cell;
  if (measures) cell.title = "This cannot be measured on its data set.";
  else
    cell.title = kept
      ? "It could not be measured. The server’s log says why."
      : "A model is measured after you save it.";
  return cell;
}

/** Those of A and B that are comparable with the sparkline's dots but are not dots.
 * @param {Shown} shown @param {string} key @param {Choice[]} scratch */
function asidesOf({ a, b }, key, scratch) {
  const letters = a.name === b.name ? ["AB", ""] : ["A", "B"];
  return [a, b].flatMap((choice, i) => {
    const value = valueOf(choice, key);
    const apart = letters[i] && !scratch.some(({ name }) => name === choice.name) && sameKind(choice, scratch[0]);
    return apart && value !== undefined ? [{ text: letters[i], value }] : [];
  });
}
