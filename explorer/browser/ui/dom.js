// Helpers that create elements, and colours as numbers.

/** @param {string} tag @param {string} className @param {...(Node | string)} children */
export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** @param {string} tag @param {Object<string, string | number>} attributes */
export function svg(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

/** @param {Iterable<HTMLElement>} buttons of which one is pressed @param {(button: HTMLElement) => boolean} on */
export function pressOne(buttons, on) {
  for (const button of buttons) button.setAttribute("aria-pressed", String(on(button)));
}

/** Any CSS colour as numbers. @param {string} colour @returns {import("../map/points.js").Rgb} */
export function rgbOf(colour) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  context.fillStyle = colour;
  const [red, green, blue] = (context.fillStyle.match(/[0-9a-f]{2}/gi) ?? ["0", "0", "0"]).map((pair) =>
    parseInt(pair, 16),
  );
  return [red, green, blue];
}

/** @param {HTMLElement} error @param {string} sentence "" removes the last one */
export function showErrorIn(error, sentence) {
  error.textContent = sentence;
  error.hidden = !sentence;
}

/** Change a text in place: a new text node would make the browser recompute the style of its parent.
 * @param {HTMLElement} node @param {string} words */
export function write(node, words) {
  if (!node.firstChild) node.textContent = words;
  else if (node.firstChild.nodeValue !== words) node.firstChild.nodeValue = words;
}
