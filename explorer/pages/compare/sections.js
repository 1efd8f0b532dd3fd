// The sections below the maps, each drawn once it is unfolded.

import { Fold } from "../../browser/ui/folds.js";
import { canvasOf, saveButtons } from "../../browser/ui/saving.js";
import { Plane } from "./plane/plane.js";
import { Receipt } from "./receipt/receipt.js";
import { Samples } from "./samples.js";
import { MeasuresTable } from "./table/table.js";

/** @typedef {{pick: (letter: string, name: string) => void, changed: () => void}} Events a model was chosen for a
 * side; the draws have another seed */

export class Sections {
  /** @param {HTMLElement} root @param {AbortSignal} signal @param {Events} events */
  constructor(root, signal, { pick, changed }) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    const fold = (/** @type {string} */ name) => new Fold(/** @type {any} */ (find(`[data-fold=${name}]`)), signal);
    this.folds = { receipt: fold("receipt"), table: fold("measures"), plane: fold("plane"), samples: fold("samples") };
    this.receipt = new Receipt(find(".lse-receipt"));
    this.table = new MeasuresTable(find(".lse-measures"), { pick: (name) => pick("B", name) });
    this.plane = new Plane(find(".lse-plane"), { pick });
    this.samples = new Samples(find(".lse-samples"), { changed });
    const { receipt } = this;
    find(".lse-save-receipt").append(
      saveButtons({
        name: "receipt",
        of: () => receipt.about,
        png: () => canvasOf(receipt.root),
        csv: () => receipt.rows(),
      }),
    );
  }

  /** The first receipt unfolds its section; after that the visitor's will is done.
   * @param {import("./receipt/loss_terms.js").LossBreakdown | null} breakdown */
  showReceipt(breakdown) {
    const { receipt } = this.folds;
    receipt.show(() => void this.receipt.show(breakdown));
    if (!breakdown?.columns.length || this.offered) return;
    this.offered = true;
    receipt.unfold();
  }

  /** @param {import("./table/table.js").Shown} shown */
  showTable(shown) {
    this.folds.table.show(() => this.table.show(shown));
  }

  /** @param {import("./plane/plane_spots.js").PlaneState} state @param {string} plotly_url */
  showPlane(state, plotly_url) {
    this.folds.plane.show(() => {
      this.plane.show(state);
      void this.plane.load(plotly_url).catch(() => {});
    });
  }

  /** @param {import("./samples.js").Sampled} a @param {import("./samples.js").Sampled} b */
  showSamples(a, b) {
    this.folds.samples.show(() => this.samples.show(a, b));
  }

  destroy() {
    for (const section of [this.table, this.plane, this.samples]) section.destroy();
  }
}
