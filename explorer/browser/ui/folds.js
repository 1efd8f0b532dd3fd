// Sections that can be unfolded: what they hold is drawn once they are open, and for a printer.

/** The markup of one. @param {string} name for tests @param {string} headline says what one will learn
 * @param {string} content */
export const fold = (name, headline, content) => `
<details class="lse-panel" data-fold="${name}">
  <summary><h2>${headline}</h2></summary>
  ${content}
</details>`;

export class Fold {
  /** @param {HTMLDetailsElement} details @param {AbortSignal} signal */
  constructor(details, signal) {
    this.details = details;
    /** @type {(() => void) | null} what is to be drawn once it is open */
    this.waiting = null;
    const openedToPrint = () => this.openToPrint();
    details.addEventListener("toggle", () => this.catchUp(), { signal });
    window.addEventListener("beforeprint", openedToPrint, { signal });
  }

  /** Draw now, or when the section is opened; a later call replaces one that waits. @param {() => void} draw */
  show(draw) {
    this.waiting = draw;
    this.catchUp();
  }

  catchUp() {
    if (!this.details.open) return;
    this.waiting?.();
    this.waiting = null;
  }

  unfold() {
    this.details.open = true;
    this.catchUp();
  }

  /** Open it, and close it again after printing. */
  openToPrint() {
    if (this.details.open) return;
    this.unfold();
    window.addEventListener("afterprint", () => (this.details.open = false), { once: true });
  }
}
