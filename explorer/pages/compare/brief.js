// A side's name, and its loss terms in brief: what follows a dial while it moves.

import { floorNote, formatted, plusMinus, ROWS, unitOf } from "../../browser/map/panel.js";
import { element } from "../../browser/ui/dom.js";

/** @typedef {import("../../wire.js").Choice} Choice */

const BRIEF = ROWS.slice(0, 3); // the loss terms

/** @param {import("../../browser/map/side.js").Side} side */
export function showBrief({ letter, choice, pane }) {
  pane.element.dataset.model = choice.name;
  pane.element.dataset.beta = String(choice.beta);
  pane.title = `map ${letter}: ${choice.label}`;
  pane.find(".lse-brief").replaceChildren(...BRIEF.map((row) => briefRow(row, choice)));
  pane.find(".lse-mean").textContent = `Mean of ${choice.images.toLocaleString("en")} images:`;
  const note = floorNote(choice);
  // Folded, because the sentence would push the pad out of the first view.
  const fold = note && element("details", "", element("summary", "", "σ has a floor here"), note);
  pane.find(".lse-floor").replaceChildren(...(fold ? [fold] : []));
}

/** @param {import("../../browser/map/panel.js").Row} row @param {Choice} choice */
function briefRow(row, { metrics, likelihood }) {
  const text = formatted(metrics[row.key], row.unit);
  const spread = element("small", "", plusMinus(text, metrics[`${row.key}_sd`]));
  const value = element("dd", "", text, spread, element("small", "", ` ${unitOf(row, likelihood)}`));
  return element("div", "", element("dt", row.tone && `lse-${row.tone}`, row.name.replace(", their sum", "")), value);
}
