// The receipt of one image: its loss under each model, by term and by pixel, in nats.

import { element } from "../../../browser/ui/dom.js";
import { PICTURE_PIXELS, PICTURE_SIDE } from "../../../browser/ui/pictures.js";
import { inSlices } from "../../../browser/ui/slices.js";
import { TERM_LINES, unitOfLine, computeLosses } from "./loss_terms.js";
import { breakdownTable, footnote } from "./receipt_table.js";

/** @typedef {import("./loss_terms.js").LossBreakdown} LossBreakdown */
/** @typedef {import("./loss_terms.js").LossTerms} LossTerms */

export class Receipt {
  /** @param {HTMLElement} root data-total: the nats of each column; data-ready: the breakdown is
   * complete, and its image is not still being fetched */
  constructor(root) {
    this.root = root;
    this.run = 0;
    /** @type {{breakdown: LossBreakdown, losses: LossTerms[]} | null} */
    this.shown = null;
    this.invite();
  }

  /** Compute and show a breakdown. This takes a few frames; the old one stays until then, and a newer call replaces it.
   * @param {LossBreakdown | null} breakdown null shows how to choose an image */
  async show(breakdown) {
    const run = ++this.run;
    this.root.dataset.ready = "false";
    if (!breakdown?.columns.length) return this.invite();
    const losses = await inSlices(computeLosses(breakdown.columns), () => run !== this.run);
    if (!losses) return;
    this.shown = { breakdown, losses };
    const colour = getComputedStyle(this.root).getPropertyValue("--lse-reconstruction");
    this.root.replaceChildren(breakdownTable(breakdown, losses, colour), footnote(breakdown));
    this.root.dataset.total = losses.map(({ total }) => total.toFixed(4)).join(",");
    this.root.dataset.ready = String(!breakdown.awaited);
  }

  invite() {
    this.shown = null;
    this.root.dataset.ready = "false";
    this.root.dataset.total = "";
    const words =
      "Select an image on a map or draw a digit: each model’s cost for it, in nats, will appear here.";
    this.root.replaceChildren(element("p", "lse-quiet", words));
  }

  /** The image and the models of the breakdown. */
  get about() {
    if (!this.shown) return [];
    const { title, columns } = this.shown.breakdown;
    return [title, ...columns.map(({ label }) => label)];
  }

  /** The breakdown as CSV rows: its lines, then the cost of every pixel.
   * @returns {(string | number)[][]} term, a number for each column, unit; NaN if there is no number */
  rows() {
    if (!this.shown) return [["term", "unit"]];
    const {
      breakdown: { columns },
      losses,
    } = this.shown;
    const head = ["term", ...columns.map(({ letter, label }) => `${letter}: ${label}`), "unit"];
    const lines = TERM_LINES.map((line) => {
      return [line.part ? `KL, ${line.name}` : line.name, ...losses.map(line.nats), unitOfLine(line.key, columns)];
    });
    const unit = unitOfLine("reconstruction", columns);
    const pixels = Array.from({ length: PICTURE_PIXELS }, (_, i) => {
      const place = `reconstruction, pixel in row ${Math.floor(i / PICTURE_SIDE)}, column ${i % PICTURE_SIDE}`;
      return [place, ...losses.map(({ pixels }) => pixels?.[i] ?? NaN), unit];
    });
    return [head, ...lines, ...pixels];
  }
}
