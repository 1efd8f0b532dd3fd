// The receipt of one image: what each model charges for it, term by term and pixel by pixel, in nats.

import { element } from "../../../browser/ui/dom.js";
import { PICTURE_PIXELS, PICTURE_SIDE } from "../../../browser/ui/pictures.js";
import { inSlices } from "../../../browser/ui/slices.js";
import { BILL_LINES, billUnit, makeOut } from "./charges.js";
import { billTable, smallPrint } from "./receipt_table.js";

/** @typedef {import("./charges.js").Bill} Bill */
/** @typedef {import("./charges.js").Charges} Charges */

export class Receipt {
  /** @param {HTMLElement} root its data-total, nats by column, is of the bill that shows; data-ready: it is the last word
   * on its image, unlike one whose image is still to come */
  constructor(root) {
    this.root = root;
    this.run = 0;
    /** @type {{bill: Bill, charges: Charges[]} | null} */
    this.shown = null;
    this.invite();
  }

  /** A bill takes a few frames to make out; what showed before stands until then, and a newer one takes its place.
   * @param {Bill | null} bill null invites to choose an image */
  async show(bill) {
    const run = ++this.run;
    this.root.dataset.ready = "false";
    if (!bill?.columns.length) return this.invite();
    const charges = await inSlices(makeOut(bill.columns), () => run !== this.run);
    if (!charges) return;
    this.shown = { bill, charges };
    const colour = getComputedStyle(this.root).getPropertyValue("--lse-reconstruction");
    this.root.replaceChildren(billTable(bill, charges, colour), smallPrint(bill));
    this.root.dataset.total = charges.map(({ total }) => total.toFixed(4)).join(",");
    this.root.dataset.ready = String(!bill.awaited);
  }

  invite() {
    this.shown = null;
    this.root.dataset.ready = "false";
    this.root.dataset.total = "";
    const words =
      "Select an image on a map or draw a digit: each model’s cost for it, in nats, will appear here.";
    this.root.replaceChildren(element("p", "lse-quiet", words));
  }

  /** Which image and which models the bill is of. */
  get about() {
    if (!this.shown) return [];
    const { title, columns } = this.shown.bill;
    return [title, ...columns.map(({ label }) => label)];
  }

  /** The bill for a CSV: its lines, then the cost of every pixel.
   * @returns {(string | number)[][]} term, a number for each column, unit; NaN where there is none */
  rows() {
    if (!this.shown) return [["term", "unit"]];
    const {
      bill: { columns },
      charges,
    } = this.shown;
    const head = ["term", ...columns.map(({ letter, label }) => `${letter}: ${label}`), "unit"];
    const lines = BILL_LINES.map((line) => {
      return [line.part ? `KL, ${line.name}` : line.name, ...charges.map(line.nats), billUnit(line.key, columns)];
    });
    const unit = billUnit("reconstruction", columns);
    const pixels = Array.from({ length: PICTURE_PIXELS }, (_, i) => {
      const place = `reconstruction, pixel in row ${Math.floor(i / PICTURE_SIDE)}, column ${i % PICTURE_SIDE}`;
      return [place, ...charges.map(({ pixels }) => pixels?.[i] ?? NaN), unit];
    });
    return [head, ...lines, ...pixels];
  }
}
