// The frame of the story: one scene at a time, the way to the next, the guess and its reveal, the formula.

import { showInAddressBar, startingLink } from "../../browser/map/link.js";
import { element, rgbOf } from "../../browser/ui/dom.js";
import { formula, lightUp } from "./formula.js";
import { guessesSheet, noteGuess } from "./guesses.js";
import { button, Kit } from "./kit.js";

/** A scene. Its claim is one sentence; its picture shows it with real models; its question is answered by doing.
 * mount fills both elements, and calls kit.reveal when the visitor has answered. It resolves when the picture is drawn.
 * @typedef {{number: number, name: string, claim: string, question: string, formula: import("./formula.js").Part[],
 *   mount: (picture: HTMLElement, answer: HTMLElement, kit: Kit) => Promise<void>}} Scene */
/** @typedef {import("../../wire.js").StoryData} StoryData */
/** @typedef {import("../../browser/ui/mount.js").Component<StoryData>} Component */
/** @typedef {import("./kit.js").Reveal} Reveal */

/** Presenters send the page keys. @type {Object<string, number>} */
const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1 };
const OWN_DIGITS = "MNIST's test images are not on this server. Each x here was drawn by the model itself.";
const UNANSWERED = { answered: "false", guess: "", truth: "" };
/** What has a use of its own for the arrow keys. */
const TAKES_ARROWS = "input, textarea, select, [role=slider], [role=application], [contenteditable]";

export class Frame {
  /** @param {Component} component @param {Scene[]} scenes in their order */
  constructor({ data, parentElement, setStateValue }, scenes) {
    this.data = data;
    this.scenes = scenes;
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    this.end = new AbortController();
    this.sceneEnd = new AbortController();
    for (const [term, colour] of Object.entries(data.term_colours)) this.root.style.setProperty(`--lse-${term}`, colour);
    window.addEventListener("keydown", (event) => this.key(event), { signal: this.end.signal });
    lightUp(this.root, this.end.signal);
    this.theme = this.themeNow();
    this.show(startingLink(data).scene);
  }

  /** The theme, by the page's colour. */
  themeNow() {
    const paper = rgbOf(getComputedStyle(this.root).getPropertyValue("--st-background-color"));
    return (this.root.dataset.theme = paper[0] + paper[1] + paper[2] < 384 ? "dark" : "light");
  }

  /** The places of the story in their order, as a link names them. */
  get places() {
    return [...this.scenes.map(({ number }) => String(number)), "sheet"];
  }

  /** What the visitor does. @param {string} place see show */
  go(place) {
    this.show(place);
    this.report("link", { scene: this.place });
  }

  /** @param {string} place "all", "sheet" or the number of a scene */
  show(place) {
    const known = place === "all" || this.places.includes(place);
    this.place = known ? place : this.places[0];
    this.sceneEnd.abort();
    this.sceneEnd = new AbortController();
    Object.assign(this.root.dataset, { ready: "false", place: this.place, places: this.places.join(" ") });
    showInAddressBar({ scene: this.place }, this.data.defaults);
    const { signal } = this.sceneEnd;
    void this.draw().catch(() => signal.aborted || this.sayWhatFailed());
  }

  /** @param {number} step */
  move(step) {
    const at = this.places.indexOf(this.place ?? "");
    const place = this.places[at + step];
    if (place) this.go(place);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = KEYS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = /** @type {Element} */ (event.target);
    if (event.key.startsWith("Arrow") && target.closest(TAKES_ARROWS)) return;
    event.preventDefault();
    this.move(step);
  }

  async draw() {
    const { signal } = this.sceneEnd;
    if (this.place === "all") await this.drawOverview(signal);
    else if (this.place === "sheet") this.root.replaceChildren(this.way("Your guesses"), guessesSheet(this.scenes));
    else await this.drawScene(signal);
    if (!signal.aborted) this.root.dataset.ready = "true";
  }

  /** @param {AbortSignal} signal */
  async drawScene(signal) {
    const scene = /** @type {Scene} */ (this.scenes.find(({ number }) => String(number) === this.place));
    const [picture, answer] = [element("div", "lse-scene-picture"), element("div", "lse-scene-answer")];
    const reveal = element("div", "lse-reveal");
    reveal.setAttribute("role", "status");
    const side = element("div", "lse-scene-side", element("h3", "", scene.question), answer, reveal);
    const body = element("div", `lse-scene-body lse-scene-${scene.number}`, picture, side);
    const section = element("section", "lse-scene", this.way(scene.claim, scene), body, formula(scene.formula), this.onward());
    Object.assign(section.dataset, { testid: "scene", scene: scene.number, ...UNANSWERED });
    this.root.replaceChildren(section);
    const kit = new Kit(this.data, signal, {
      reveal: (found) => {
        Object.assign(section.dataset, { answered: "true", guess: found.guess, truth: found.truth });
        noteGuess(scene.number, found);
        reveal.replaceChildren(...revealed(found));
        answer.querySelector("details")?.removeAttribute("open"); // a pad would push the reveal out of sight
      },
      ask: () => {
        Object.assign(section.dataset, UNANSWERED);
        reveal.replaceChildren();
      },
    });
    await scene.mount(picture, answer, kit);
    if (kit.drawsDigits) side.append(element("p", "lse-quiet", OWN_DIGITS));
  }

  /** The claim, and the way to the other scenes. @param {string} claim @param {Scene} [scene] */
  way(claim, scene) {
    const at = this.places.indexOf(this.place ?? "");
    const back = button("◀", () => this.move(-1), "lse-step");
    const on = button("▶", () => this.move(1), "lse-step");
    back.disabled = at < 1;
    on.disabled = at === this.places.length - 1;
    back.setAttribute("aria-label", "Previous scene");
    on.setAttribute("aria-label", "Next scene");
    const last = Math.max(...this.scenes.map(({ number }) => number));
    const where = scene ? element("p", "lse-where", `${scene.number} of ${last} · ${scene.name}`) : "";
    const overview = button("All scenes", () => this.go("all"));
    if (this.place === "all") overview.hidden = true;
    const title = element("div", "lse-claim", where, element("h2", "", claim));
    return element("header", "lse-way", back, title, overview, on);
  }

  /** The way to the next place below a scene, for a phone, where the way above is out of sight by then. */
  onward() {
    const next = this.scenes[this.places.indexOf(this.place ?? "") + 1];
    return button(`Next: ${next ? next.name : "your guesses"} ▶`, () => this.move(1), "lse-onward");
  }

  /** Every scene as it is, small and out of reach. @param {AbortSignal} signal */
  async drawOverview(signal) {
    const list = element("ol", "lse-overview");
    const begin = "The theory step by step, each told by trained models: guess first, then see.";
    this.root.replaceChildren(this.way(begin), list);
    for (const scene of this.scenes) {
      const [picture, answer] = [element("div", "lse-scene-picture"), element("div", "")];
      const small = element("div", `lse-miniature lse-scene-${scene.number}`, picture);
      small.inert = true;
      const open = button("", () => this.go(String(scene.number)), "lse-open");
      open.append(element("b", "", `${scene.number}. ${scene.name}`), element("span", "", scene.claim));
      list.append(element("li", "", element("div", "lse-window", small), open));
      await scene.mount(picture, answer, new Kit(this.data, signal, { reveal: () => {}, ask: () => {} }));
      if (signal.aborted) return;
    }
  }

  sayWhatFailed() {
    const words = "A model of this scene could not be loaded. Check the connection and reload the page.";
    const error = element("p", "lse-error", words);
    error.setAttribute("role", "alert");
    this.root.append(error);
  }

  /** Only the theme can change while the story is mounted. @param {Component} component */
  update({ setStateValue }) {
    this.report = setStateValue;
    const before = this.theme;
    this.theme = this.themeNow();
    if (this.theme !== before) this.root.dispatchEvent(new Event("restyle"));
  }

  destroy() {
    this.end.abort();
    this.sceneEnd.abort();
  }
}

/** @param {Reveal} reveal */
function revealed({ guessed, found, distance, lesson }) {
  const pair = [["your guess", guessed], ["the model", found], ["apart by", distance]];
  const list = element("dl", "", ...pair.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))));
  return [list, element("p", "", lesson)];
}
