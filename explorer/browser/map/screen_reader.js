// Texts for screen readers: names of the pictures and handles, and the selected image. They change only when the
// visitor pauses, because a screen reader reads out every change.

import { titleOf } from "./card.js";
import { fetchClassifier, CLASSIFIED } from "../net/classifier.js";
import { write } from "../ui/dom.js";

const REST_MS = 250;
const WALKING = "arrow keys go from the selected code to the nearest one, with shift to one further away";

export class ScreenReaderText {
  /** @param {import("./panes.js").Panes} panes @param {string} url of the classifier */
  constructor(panes, url) {
    this.panes = panes;
    this.url = url;
    /** @type {import("../net/classifier.js").Classifier | null} */
    this.classifier = null;
    this.timer = 0;
    panes.end.signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Update the texts after the last of many calls. */
  soon() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.speak(), REST_MS);
  }

  async speak() {
    // Without the classifier the text still contains z; the next movement tries again.
    this.classifier ??= await fetchClassifier(this.url).catch(() => null);
    if (this.panes.end.signal.aborted) return;
    const { all, lead, state } = this.panes;
    for (const pane of all) {
      const z = this.panes.zOf(pane);
      const [z1, z2] = Array.from(z, (value) => ((Number(value.toFixed(2)) || 0).toFixed(2)).replace("-", "−"));
      pane.scene.handle.setAttribute("aria-valuenow", z[0].toFixed(2));
      this.nameParts(pane, z, `z1 = ${z1}, z2 = ${z2}`);
    }
    if (!lead.loaded || state.image < 0 || this.panes.chosenZ(lead)) return;
    write(lead.find(".lse-spoken"), titleOf(lead.loaded, lead.subject, state.image));
  }

  /** @param {import("./pane.js").Pane} pane @param {Float32Array} z @param {string} place z in words */
  nameParts({ loaded, subject, title, scene, element }, z, place) {
    if (!loaded) return;
    const judge = subject.dataset === CLASSIFIED ? this.classifier : null;
    const words = judge ? `${judge.describe(loaded.decoder.decode(z))}, ${place}` : place;
    const of = title && ` of ${title}`;
    element.querySelector("[data-testid=decoded]")?.setAttribute("aria-label", `decoded picture${of}: ${words}`);
    scene.handle.setAttribute("aria-valuetext", words);
    scene.plot.setAttribute("aria-label", `${title || "map"}; ${WALKING}`);
    if (title) scene.handle.setAttribute("aria-label", `handle${of}; arrow keys move it`);
  }
}
