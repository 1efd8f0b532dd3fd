// The presenter's size: the map, its picture, the dial and two numbers so large that a lecture hall reads them, and
// nothing else. Style sheets and scripts see it at the root of the document.

const NAME = "presenter"; // in the link
const ROOM = "(width >= 860px)"; // as in presenter.css: a phone has none to spare
const FIELDS = "input:not([type=range]), textarea, select, [contenteditable]";

const { dataset } = document.documentElement;

/** Whether the page has the presenter's size now. */
export function isPresented() {
  return dataset.size === NAME && matchMedia(ROOM).matches;
}

export class Presenter {
  /** @param {HTMLElement} root of the page @param {HTMLElement} place of the button @param {AbortSignal} signal
   * @param {string} size in the link that the page starts from @param {() => void} changed by the button or the key */
  constructor(root, place, signal, size, changed) {
    this.root = root;
    this.changed = changed;
    this.button = document.createElement("button");
    Object.assign(this.button, { type: "button", className: "lse-presenter", title: "Only the map, the picture, the dial and two numbers, for a lecture hall" });
    this.button.dataset.testid = "presenter";
    this.button.addEventListener("click", () => this.toggle(), { signal });
    addEventListener("keydown", (event) => isAsked(event) && this.toggle(), { signal });
    signal.addEventListener("abort", () => this.leave());
    place.append(this.button);
    this.set(size);
  }

  /** As the link says it; "" for the usual size. */
  get size() {
    return this.root.dataset.size ?? "";
  }

  /** @param {string} size */
  set(size) {
    this.root.dataset.size = dataset.size = size;
    this.button.textContent = size ? "Leave (P)" : "Presenter’s size (P)";
    this.button.setAttribute("aria-pressed", String(Boolean(size)));
  }

  toggle() {
    if (!matchMedia(ROOM).matches) return;
    this.set(this.size ? "" : NAME);
    this.changed();
  }

  /** The page is left, and the next one may have set its own size already. */
  leave() {
    const others = document.querySelectorAll(`.lse[data-size=${NAME}]`);
    if ([...others].every((other) => other === this.root)) dataset.size = "";
  }
}

/** @param {KeyboardEvent} event */
function isAsked({ key, target, ctrlKey, metaKey, altKey, repeat }) {
  if (ctrlKey || metaKey || altKey || repeat) return false;
  return key.toLowerCase() === "p" && !(target instanceof Element && target.closest(FIELDS));
}
