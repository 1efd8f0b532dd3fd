// The words and numbers beside the map: every one with its unit and the images it averages.

import { element } from "./dom.js";

/** @typedef {{name: string, label: string, beta: number, from_scratch: boolean, url: string, story: string,
 *   dataset: string, images: number, samples: number, metrics: Object<string, number>}} Model an entry of the catalogue */

const ROWS = [
  { key: "reconstruction", name: "reconstruction", unit: "nats", tone: "reconstruction" },
  { key: "kl", name: "KL", unit: "nats", tone: "kl" },
  { key: "negative_elbo", name: "−ELBO, their sum", unit: "nats", tone: "" },
  { key: "spread", name: "spread of the means", unit: "standard deviation, units of z", tone: "" },
  { key: "mean_sigma", name: "mean σ of q(z|x)", unit: "units of z", tone: "" },
];

/** Nats with one decimal, lengths in z with the digits they deserve. @param {number} value @param {string} unit */
function formatted(value, unit) {
  if (unit === "nats") return value.toFixed(1);
  return Math.abs(value) >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}

/** What is drawn, in one sentence. @param {Model} model @param {number} outside points that the window leaves out */
export function captionOf({ images, dataset, label }, outside) {
  const [all, gone] = [images, outside].map((count) => count.toLocaleString("en"));
  const drawn = `Each point is the mean of q(z|x), not a sample, of one of the ${all} ${dataset} test images`;
  return `${drawn}; model: ${label}.${outside ? ` ${gone} of them lie outside this frame.` : ""}`;
}

/** Before and after in numbers, with a bar of the two terms for each model on one common scale.
 * @param {HTMLElement} table @param {Model | undefined} before may be the same model @param {Model} now */
export function showNumbers(table, before, now) {
  const models = before && before !== now ? [before, now] : [now];
  const longest = Math.max(...models.map(({ metrics }) => metrics.negative_elbo));
  const head = element("tr", "", element("th", "", ""), ...models.map((model) => element("th", "", model.label)));
  const body = ROWS.map(({ key, name, unit, tone }) => {
    const title = element("th", tone && `lse-${tone}`, name, element("small", "", ` ${unit}`));
    return element("tr", "", title, ...models.map(({ metrics }) => element("td", "", formatted(metrics[key], unit))));
  });
  const bars = models.map(({ label, metrics }) => {
    const bar = element("div", "lse-bar");
    for (const key of ["reconstruction", "kl"]) {
      const part = element("i", `lse-fill-${key}`);
      part.style.width = `${(100 * metrics[key]) / longest}%`;
      bar.append(part);
    }
    return element("div", "lse-bar-row", element("small", "", label), bar);
  });
  const images = `Averages over ${now.images.toLocaleString("en")} ${now.dataset} test images, ${now.samples} draws of z each; nats are per image.`;
  table.replaceChildren(
    element("caption", "", images, ...bars),
    element("thead", "", head),
    element("tbody", "", ...body),
  );
}

/** One selected image: what it is, its pictures, and its own terms.
 * @param {HTMLElement} section
 * @param {{title: string, pictures: [string, HTMLCanvasElement][], reconstruction: number, kl: number,
 *   sigma: ArrayLike<number>, note: string} | null} image null shows the invitation to select one */
export function showImage(section, image) {
  if (!image) {
    section.replaceChildren(
      element("p", "lse-quiet", "Click a point to see its image, its q(z|x) and its own loss terms."),
    );
    return;
  }
  const pictures = image.pictures.map(([caption, canvas]) =>
    element("figure", "", canvas, element("figcaption", "", caption)),
  );
  const term = (/** @type {string} */ tone, /** @type {string} */ name, /** @type {number} */ value) =>
    element(
      "div",
      "",
      element("dt", tone, name),
      element("dd", "", formatted(value, "nats"), element("small", "", " nats")),
    );
  const terms = element(
    "dl",
    "",
    term("lse-reconstruction", "E[−log p(x|z)]", image.reconstruction),
    term("lse-kl", "KL(q(z|x) ‖ p(z))", image.kl),
    term("", "−ELBO, their sum", image.reconstruction + image.kl),
  );
  const sigma = Array.from(image.sigma, (value) => formatted(value, "units of z")).join(", ");
  section.replaceChildren(
    element("h3", "", image.title),
    element("div", "lse-pictures", ...pictures),
    terms,
    element(
      "p",
      "lse-quiet",
      `σ of q(z|x) = (${sigma}) in units of z; the ellipses are 1 and 2 σ, to scale. ${image.note}`,
    ),
  );
}
