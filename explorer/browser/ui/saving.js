// Saves a figure as PNG and its numbers as CSV, in the browser.

import { element } from "./dom.js";

export const SHARPNESS = 2; // pixels of the file per CSS pixel, for print and projectors
export const SAVED_MARGIN = 16; // px
const MAX_CHARACTERS = 100; // of a file's name, which may contain a visitor's model name
const BOXES = "* { box-sizing: border-box; }"; // like all of a Streamlit page

/** @typedef {(string | number)[][]} Rows the first one names the columns */

/** Rows as CSV (RFC 4180); numbers have all digits, and values that are not finite become empty cells.
 * @param {Rows} rows */
export function csvOf(rows) {
  return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** @param {string | number} value */
function csvCell(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  // A visitor's model name must not be read as a formula by a spreadsheet.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {string} text @param {string} fileName */
export function saveText(text, fileName) {
  saveBlob(new Blob([text], { type: "text/csv;charset=utf-8" }), fileName);
}

/** @param {HTMLCanvasElement} canvas @param {string} fileName */
export async function saveCanvas(canvas, fileName) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  if (!blob) throw new Error("The picture is too large for this browser.");
  saveBlob(blob, fileName);
}

/** @param {Blob} blob @param {string} fileName */
function saveBlob(blob, fileName) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  // Some browsers start to read only after the click event.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Two buttons that save a figure.
 * @param {{name: string, of?: () => string[], png: () => Promise<HTMLCanvasElement>, csv: () => Rows}} figure its name
 * without an article, and its current content */
export function saveButtons({ name, of = () => [], png, csv }) {
  const file = () => fileNameOf([name, ...of()]);
  const picture = saveButton("PNG", name, async () => saveCanvas(await png(), `${file()}.png`));
  const numbers = saveButton("CSV", name, async () => saveText(csvOf(csv()), `${file()}.csv`));
  return element("span", "lse-save", picture, numbers);
}

/** A file name of letters and digits of any language, points and hyphens. @param {string[]} parts */
export function fileNameOf(parts) {
  const words = parts.map((part) => part.toLowerCase().replaceAll("β", "beta").match(/[\p{L}\p{N}.]+/gu) ?? []);
  return words
    .flatMap((each) => each.join("-") || [])
    .join("-")
    .slice(0, MAX_CHARACTERS);
}

/** @param {string} format @param {string} name @param {() => Promise<void>} save */
function saveButton(format, name, save) {
  const button = element("button", "", format);
  button.setAttribute("type", "button");
  button.setAttribute("aria-label", `Save the ${name} as ${format}`);
  button.addEventListener("click", () => {
    save().catch(() => {
      button.textContent = `${format} failed`;
    });
  });
  return button;
}

/** A part of the page as a picture: its markup in an SVG, which the browser renders as an image.
 * @param {HTMLElement} node */
export async function canvasOf(node) {
  const box = node.getBoundingClientRect();
  const [width, height] = [box.width, box.height].map((side) => Math.ceil(side) + 2 * SAVED_MARGIN);
  const page = withStyles(node); // before the fonts are fetched, because the page may change meanwhile
  page.firstElementChild?.prepend(await fontsOf(node));
  const markup = new XMLSerializer().serializeToString(page);
  const drawing = `<foreignObject width="100%" height="100%">${markup}</foreignObject>`;
  const source = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawing}</svg>`;
  return canvasOfImage(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`, width, height, SHARPNESS);
}

/** @param {string} url @param {number} width of the image @param {number} height @param {number} scale */
export async function canvasOfImage(url, width, height, scale) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * scale, height * scale];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A self-contained copy with our style sheets, Plotly's, and the current theme's colours.
 * @param {HTMLElement} node */
function withStyles(node) {
  const rules = [...document.styleSheets]
    .filter(({ href }) => !href)
    .flatMap(({ cssRules }) => Array.from(cssRules, ({ cssText }) => cssText))
    .filter((rule) => rule.includes("lse") || rule.includes("plotly"));
  const theme = getComputedStyle(node);
  const page = element("div", "lse lse-saved", element("style", "", BOXES, ...rules), copied(node));
  for (const [name] of rules.join().matchAll(/--(?:st|lse)-[\w-]+/g))
    page.style.setProperty(name, theme.getPropertyValue(name));
  // One by one, because the font shorthand is empty with tabular digits.
  const { fontFamily, fontSize, fontWeight, lineHeight } = theme;
  Object.assign(page.style, {
    fontFamily,
    fontSize,
    fontWeight,
    lineHeight: String(parseFloat(lineHeight) / parseFloat(fontSize)),
    height: "100vh",
    padding: `${SAVED_MARGIN}px`,
    background: "var(--st-background-color)",
  });
  return page;
}

/** The font rules of a part of the page with embedded fonts: an image may fetch nothing, and another font would need
 * other widths. No figure uses italics. @param {HTMLElement} node */
async function fontsOf(node) {
  const families = getComputedStyle(node).fontFamily;
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]);
  const used = rules.filter((rule) => {
    if (!(rule instanceof CSSFontFaceRule)) return false;
    const [family, slant] = ["font-family", "font-style"].map((name) => rule.style.getPropertyValue(name));
    return families.includes(family.replaceAll('"', "")) && slant !== "italic";
  });
  return (await Promise.all(used.map(embedded))).join("\n");
}

/** A rule with its font embedded as a data URL. @param {CSSRule} rule */
async function embedded({ cssText, parentStyleSheet }) {
  const [whole, address] = cssText.match(/url\("?([^")]+)"?\)/) ?? ["", ""];
  const response = await fetch(new URL(address, parentStyleSheet?.href ?? document.baseURI));
  return cssText.replace(whole, `url(${await dataUrlOf(await response.blob())})`);
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataUrlOf(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {HTMLElement} node its canvases become images, because a copied canvas is empty */
function copied(node) {
  const copy = /** @type {HTMLElement} */ (node.cloneNode(true));
  const { width, height } = node.getBoundingClientRect();
  Object.assign(copy.style, { width: `${width}px`, height: `${height}px` }); // the page's width differs
  const drawn = node.querySelectorAll("canvas");
  copy.querySelectorAll("canvas").forEach((canvas, i) => {
    const image = new Image();
    image.className = canvas.className;
    image.style.cssText = canvas.style.cssText;
    const { clientWidth, clientHeight } = drawn[i];
    Object.assign(image.style, {
      width: `${clientWidth}px`,
      height: `${clientHeight}px`,
      imageRendering: "pixelated",
    });
    image.src = drawn[i].toDataURL();
    canvas.replaceWith(image);
  });
  return copy;
}
