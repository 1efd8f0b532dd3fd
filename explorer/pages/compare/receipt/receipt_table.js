// The receipt as a table: one column per model, the terms, and the pictures below them.

import { element } from "../../../browser/ui/dom.js";
import { newPicture } from "../../../browser/ui/pictures.js";
import { TERM_LINES, unitOfLine } from "./loss_terms.js";
import { CostScale } from "./costs.js";

/** @typedef {import("./loss_terms.js").LossBreakdown} LossBreakdown */
/** @typedef {import("./loss_terms.js").BreakdownColumn} BreakdownColumn */
/** @typedef {import("./loss_terms.js").LossTerms} LossTerms */
/** The scale of the costs of one likelihood, and the columns with a picture on it.
 * @typedef {{likelihood: import("../../../browser/net/likelihood.js").Likelihood, letters: string[], scale: CostScale}} LikelihoodScale */

/** @param {LossBreakdown} breakdown @param {LossTerms[]} losses @param {string} colour of the reconstruction term */
export function breakdownTable({ title, note, columns, awaited }, losses, colour) {
  const scales = scalesOf(columns, losses, colour);
  const caption = element("caption", "", element("b", "", title), " ", element("small", "", note));
  const head = element("tr", "", element("td", ""), ...columns.map(headOf));
  const lines = TERM_LINES.map((line) => lineOf(line, columns, losses));
  const costs = losses.map(({ pixels }, i) => {
    const scale = scales.find(({ likelihood }) => likelihood.name === columns[i].likelihood.name)?.scale;
    return pixels && scale ? scale.picture(pixels) : element("p", "lse-quiet", noPicture(columns[i], awaited));
  });
  return element(
    "table",
    "lse-bill",
    caption,
    element("thead", "", head),
    element("tbody", "", ...lines),
    element("tbody", "lse-bill-pictures", pictureRow(costLegend(scales), costs), rebuiltRow(columns)),
  );
}

/** How the numbers are computed, and whether they can be compared. @param {LossBreakdown} breakdown */
export function footnote({ columns }) {
  const seen = columns.some(({ x }) => x);
  const rule = seen ? "E is an integral over z, within 0.05 nats" : "E is what the model’s file says";
  const words = `${rule}; μ and σ are the mean and stddev of q(z|x), wherever the handles are.`;
  const mixed = new Set(columns.map(({ likelihood }) => likelihood.is_density)).size > 1;
  const warning =
    " One column is a probability of binary pixels, the other a density of grey levels: do not compare them.";
  return element("p", "lse-quiet", words, mixed ? warning : "");
}

/** @param {BreakdownColumn} column @param {boolean} awaited */
function noPicture({ exact }, awaited) {
  if (exact) return "No picture and no parts: this model has no encoder, so there is no q(z|x).";
  return awaited ? "The original image is loading." : "No picture: the original image is not on the server.";
}

/** @param {BreakdownColumn} column */
function headOf({ letter, label }) {
  return element("th", "", element("b", "lse-badge", letter), " ", label);
}

/** @param {import("./loss_terms.js").TermLine} line @param {BreakdownColumn[]} columns @param {LossTerms[]} losses */
function lineOf({ key, name, formula, part, nats }, columns, losses) {
  const words = [formula, part ? "" : unitOfLine(key, columns)].filter(Boolean).join(", ");
  const term = key === "negative_elbo" ? "" : `lse-${key}`;
  const header = element("th", "", element("span", part ? "" : term, name), " ", element("small", "", words));
  const kind = part ? "lse-bill-part" : `lse-bill-${key}`;
  return element("tr", kind, header, ...losses.map((each) => numberCell(nats(each))));
}

/** Aligned at the decimal point: one decimal, except for numbers below a tenth. @param {number} nats */
function numberCell(nats) {
  if (Number.isNaN(nats)) return element("td", "", "–");
  const text = nats.toFixed(Math.abs(nats) < 0.1 ? 3 : 1).replace("-", "−");
  const [whole, fraction] = text.split(".");
  return element("td", "", whole, element("span", "lse-bill-fraction", `.${fraction}`));
}

/** @param {HTMLElement} words @param {HTMLElement[]} cells */
function pictureRow(words, cells) {
  return element("tr", "", element("th", "", words), ...cells.map((cell) => element("td", "", cell)));
}

/** One scale per likelihood: nats of a density and of a probability cannot be compared.
 * @param {BreakdownColumn[]} columns @param {LossTerms[]} losses @param {string} colour @returns {LikelihoodScale[]} */
function scalesOf(columns, losses, colour) {
  const drawn = columns.map(({ letter, likelihood }, i) => ({ letter, likelihood, pixels: losses[i].pixels }));
  return [...new Set(columns.map(({ likelihood }) => likelihood.name))].flatMap((name) => {
    const own = drawn.flatMap((each) => (each.likelihood.name === name && each.pixels ? [each] : []));
    const pictures = own.flatMap(({ pixels }) => pixels ?? []);
    const letters = own.map(({ letter }) => letter);
    return own.length ? [{ likelihood: own[0].likelihood, letters, scale: new CostScale(pictures, colour) }] : [];
  });
}

/** The meaning of the pictures' brightness. @param {LikelihoodScale[]} scales */
function costLegend(scales) {
  const words = element("div", "lse-bill-words", element("span", "", "Cost of each pixel"));
  for (const { likelihood, letters, scale } of scales) {
    const { unit } = likelihood;
    const [low, high] = [scale.low, scale.high].map((nats) => nats.toFixed(1).replace("-", "−"));
    const key = element("div", "lse-bill-key", scale.low < 0 ? low : "0", scale.key(), `${high} ${unit}`);
    const where =
      scales.length > 1 ? `${letters.join(", ")}: the` : letters.length > 1 ? "In both pictures the" : "The";
    const gain = scale.low < 0 ? "; blue pixels lower the cost, because a density may exceed 1" : "";
    words.append(key, element("small", "", `${where} brightest pixel = ${scale.most.toFixed(1)} ${unit}${gain}.`));
  }
  return words;
}

/** @param {BreakdownColumn[]} columns */
function rebuiltRow(columns) {
  const words = element("div", "lse-bill-words", "x, and the picture decoded from the mean of q(z|x)");
  const cells = columns.map(({ x, decoder, mean }) => {
    const rebuilt = newPicture(decoder.decode(mean), 1);
    return element("div", "lse-bill-pair", ...(x ? [newPicture(x, 1)] : []), rebuilt);
  });
  return pictureRow(words, cells);
}
