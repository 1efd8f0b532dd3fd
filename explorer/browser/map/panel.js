// The numbers beside the map, each with its unit and the images that it averages.

import { element } from "../ui/dom.js";
import { sameKind } from "../net/likelihood.js";

/** @typedef {import("../../wire.js").Likelihood} Likelihood */
/** @typedef {import("../../wire.js").Model} Model */
/** @typedef {{key: string, name: string, unit: string, tone: string}} Row */

/** @type {Row[]} */
export const ROWS = [
  { key: "reconstruction", name: "reconstruction", unit: "nats", tone: "reconstruction" },
  { key: "kl", name: "KL", unit: "nats", tone: "kl" },
  { key: "negative_elbo", name: "−ELBO, their sum", unit: "nats", tone: "" },
  { key: "spread", name: "spread of the means", unit: "units of z", tone: "" },
  { key: "mean_sigma", name: "mean σ of q(z|x)", unit: "units of z", tone: "" },
];

/** What was minimised, the first row of a table; see lossOf. @type {Row} */
const LOSS_ROW = { key: "loss", name: "loss it was trained on", unit: "nats", tone: "" };

/** The average loss that training minimised: the KL term has its weight, except where there was none.
 * @param {{reconstruction: number, kl: number}} terms @param {number} beta @param {boolean} has_encoder */
export function lossOf({ reconstruction, kl }, beta, has_encoder) {
  return reconstruction + (has_encoder ? beta : 1) * kl;
}

/** Only for a likelihood with a sigma. @type {Row} */
const PIXEL_ROW = {
  key: "pixel_stddev",
  name: "σ of a pixel, p(x|z)",
  unit: "of the grey levels’ 0 to 1",
  tone: "",
};

/** Nats with one decimal, lengths in z with a suitable number of digits. @param {number} value @param {string} unit */
export function formatted(value, unit) {
  const decimals = Math.abs(value) >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
  return (unit === "nats" ? value.toFixed(1) : decimals).replace("-", "−");
}

/** The unit of a row: that of the likelihood if the row includes log p(x|z). @param {Row} row
 * @param {Likelihood} likelihood */
export function unitOf({ key, unit }, likelihood) {
  return ["loss", "reconstruction", "negative_elbo"].includes(key) ? likelihood.short_unit : unit;
}

/** How the mean over q(z|x) is computed for one image. @param {Model} model */
export function takenOf({ samples }) {
  if (!samples) return "E: integral over z, within 0.05 nats";
  return `E: mean over ${samples} draw${samples > 1 ? "s" : ""} of z`;
}

/** What the averages of some models are over, and the meaning of their ±. @param {Model[]} models */
export function averagedOver(models) {
  const [{ images, dataset }] = models;
  const times = Math.max(...models.map(({ binarisations }) => binarisations));
  const drawn = times > 1 ? `, binarised afresh ${times} times; ± is the standard deviation between those` : "";
  return `Averages over ${images.toLocaleString("en")} ${dataset} test images${drawn}`;
}

/** "± standard deviation" after an average, if it is visible in the digits of the average.
 * @param {string} text the average as printed @param {number | null | undefined} sd in the unit of the text */
export function plusMinus(text, sd) {
  const shown = sd?.toFixed(text.split(".")[1]?.length ?? 0);
  return Number(shown) ? ` ± ${shown}` : "";
}

/** A note on codes at the lower bound of sigma; "" if there are none.
 * @param {Model} model */
export function floorNote({ images, metrics: { at_least_sigma } }) {
  if (!at_least_sigma) return "";
  const [some, all] = [at_least_sigma * images, images].map((count) => Math.round(count).toLocaleString("en"));
  const floor = `σ is kept above 0.000006, where it lies for ${some} of ${all} codes`;
  return `${floor}; without that floor KL would grow without bound.`;
}

/** What is drawn, in one sentence. @param {Model} model @param {number} outside points outside the window */
export function captionOf({ images, dataset, label, has_encoder }, outside) {
  const [all, gone] = [images, outside].map((count) => count.toLocaleString("en"));
  const place = has_encoder ? "where the encoder puts one of" : "where the posterior puts one of";
  const density = has_encoder ? "q(z|x)" : "p(z|x)";
  const drawn = `Each point: ${place} the ${all} ${dataset} test images (the mean of ${density}); rings: 1 σ for some. Model: ${label}.`;
  return `${drawn}${outside ? ` ${gone} lie outside this window.` : ""}`;
}

/** Whether the terms of two models can be compared in one table. @param {Model} a @param {Model} b */
function comparable(a, b) {
  return sameKind(a, b) && a.images === b.images;
}

/** Before and after in numbers, with a bar of the two terms for each model on one common scale.
 * @param {HTMLElement} table @param {Model | undefined} before may be the same model @param {Model} now */
export function showNumbers(table, before, now) {
  const models = before && before.name !== now.name && comparable(before, now) ? [before, now] : [now];
  const head = element("tr", "", element("td", ""), ...models.map((model) => element("th", "", model.label)));
  const body = rowsOf(
    now.likelihood,
    models.map(({ metrics, pixel_stddev, beta, has_encoder }) => {
      const { reconstruction, kl } = metrics;
      return { ...metrics, pixel_stddev, loss: lossOf({ reconstruction, kl }, beta, has_encoder) };
    }),
  );
  const images = `${averagedOver(models)}; nats are per image. The loss is reconstruction + β · KL; the spread is a standard deviation.`;
  // Nats of a density may be negative, which a bar cannot show.
  const bars = now.likelihood.is_density ? [] : barsOf(models);
  table.replaceChildren(element("caption", "", images, ...bars), element("thead", "", head), body);
}

/** @param {Likelihood} likelihood @param {Object<string, number | null>[]} columns a column's values, by the keys of ROWS */
export function rowsOf(likelihood, columns) {
  const known = [LOSS_ROW, ...ROWS, ...(likelihood.has_stddev ? [PIXEL_ROW] : [])];
  const rows = known.map((row) => {
    const unit = element("small", "", ` ${unitOf(row, likelihood)}`);
    const title = element("th", row.tone && `lse-${row.tone}`, row.name, unit);
    return element(
      "tr",
      "",
      title,
      ...columns.map((values) => {
        const text = formatted(values[row.key] ?? NaN, row.unit);
        return element("td", "", text, element("small", "", plusMinus(text, values[`${row.key}_sd`])));
      }),
    );
  });
  return element("tbody", "", ...rows);
}

/** @param {Model[]} models */
function barsOf(models) {
  const longest = Math.max(...models.map(({ metrics }) => metrics.negative_elbo));
  return models.map(({ label, metrics }) => {
    const bar = element("div", "lse-bar");
    for (const key of ["reconstruction", "kl"]) {
      const part = element("i", `lse-fill-${key}`);
      part.style.width = `${(100 * metrics[key]) / longest}%`;
      bar.append(part);
    }
    return element("div", "lse-bar-row", element("small", "", label), bar);
  });
}

/** The selected image: its title, its pictures, and its loss terms.
 * @param {HTMLElement} section
 * @param {{title: string, pictures: [string, HTMLCanvasElement][], reconstruction: number, kl: number,
 *   likelihood: Likelihood, sigma: ArrayLike<number>, note: string} | null} image null shows the invitation to select one */
export function showImage(section, image) {
  if (!image) {
    section.replaceChildren(
      element("p", "lse-quiet", "Click a point or type a number to see its image, its q(z|x) and its own loss terms."),
    );
    return;
  }
  const pictures = image.pictures.map(([caption, canvas]) =>
    element("figure", "", canvas, element("figcaption", "", caption)),
  );
  const [reconstruction, kl, sum] = ROWS.map((row) => unitOf(row, image.likelihood));
  const terms = element(
    "dl",
    "",
    termOf("lse-reconstruction", "E[−log p(x|z)]", image.reconstruction, reconstruction),
    termOf("lse-kl", "KL(q(z|x) ‖ p(z))", image.kl, kl),
    termOf("", "−ELBO, their sum", image.reconstruction + image.kl, sum),
  );
  const sigma = Array.from(image.sigma, (value) => formatted(value, "units of z")).join(", ");
  const words = `σ of q(z|x) = (${sigma}) in units of z; the ellipses are 1 and 2 σ, to scale. ${image.note}`;
  section.replaceChildren(
    element("h2", "", image.title),
    element("div", "lse-pictures", ...pictures),
    terms,
    element("p", "lse-quiet", words),
  );
}

/** @param {string} tone @param {string} name @param {number} value @param {string} unit */
function termOf(tone, name, value, unit) {
  const shown = element("dd", "", formatted(value, "nats"), element("small", "", ` ${unit}`));
  return element("div", "", element("dt", tone, name), shown);
}
