// The page of two models: which they are, what is selected or drawn, and the sections that compare them. While a
// pointer is down nothing here asks the server.

import { element } from "../latent_map/dom.js";
import { linkOf, showInAddressBar, stateOf } from "../latent_map/link.js";
import { formatted, ROWS, unitOf } from "../latent_map/panel.js";
import { Panes } from "../latent_map/panes.js";
import { billOfDrawing, billOfImage } from "./bill.js";
import { Drawing } from "./drawing.js";
import { layOutBoth } from "./layout.js";
import { Picker } from "./picker.js";
import { Plane } from "./plane.js";
import { Receipt } from "./receipt.js";
import { Samples } from "./samples.js";
import { canvasOf, saveButtons } from "./saving.js";
import { codesOf, pictureOfMaps } from "./shot.js";
import { choiceNamed, Side } from "./side.js";
import { MeasuresTable } from "./table.js";
import { Threads } from "./threads.js";

/** @typedef {import("./side.js").Choice} Choice */
/** @typedef {{models: Choice[], runs: import("./side.js").RunChoice[], seeds: import("./side.js").Seed[],
 *   classifier: {test_accuracy: number, sure: number, draws: number}, start: Object<string, string>,
 *   defaults: Object<string, string>, plotly_url: string, class_colours: {light: string[], dark: string[]},
 *   term_colours: {reconstruction: string, kl: string}}} BothData */

const BRIEF = ROWS.slice(0, 3); // the loss terms

class SideBySide {
  /** @param {{data: BothData, parentElement: HTMLElement, setStateValue: (name: string, value: any) => void}} component */
  constructor({ data, parentElement, setStateValue }) {
    this.data = data;
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    const elements = layOutBoth(this.root);
    const { model: _, ...look } = stateOf(data.start);
    const choices = [data.start.a, data.start.b].map((name, i) => this.named(name) ?? data.models[i]);
    this.panes = new Panes(this.root, elements, choices, look, data, {
      changed: () => this.publish(),
      showSelected: () => this.showSelected(),
      showView: () => this.showView(),
      press: (button) => this.press(button),
      marked: () => this.threads?.draw(),
    });
    this.sides = this.panes.all.map((pane, i) => {
      return new Side("AB"[i], pane, choices[i], (sentence) => this.panes.complain(sentence));
    });
    const { signal } = this.panes.end;
    this.pickers = this.sides.map((side) => {
      const header = /** @type {HTMLElement} */ (side.pane.find(".lse-picker"));
      return new Picker(header, data, signal, (choice) => void this.put(side, choice));
    });
    this.threads = new Threads(/** @type {any} */ (this.find(".lse-threads")), this.panes.all);
    this.threads.on = data.start.lines === "on";
    this.drawing = new Drawing(this.root, signal, this.sides, (final) => this.showDrawing(final));
    this.addSections();
    void this.start();
  }

  addSections() {
    const pick = (/** @type {string} */ letter, /** @type {string} */ name) => {
      const [side, choice] = [this.sides["AB".indexOf(letter)], this.named(name)];
      if (choice) void this.put(side, choice);
    };
    this.receipt = new Receipt(this.find(".lse-receipt"));
    this.table = new MeasuresTable(this.find(".lse-measures"), { pick: (name) => pick("B", name) });
    this.plane = new Plane(this.find(".lse-plane"), { pick });
    this.samples = new Samples(this.find(".lse-samples"), { changed: () => this.publish() });
    this.samples.seed = Number(this.data.start.draw);
    const { receipt, sides } = this;
    this.find(".lse-save-maps").append(
      saveButtons({ name: "maps", png: () => pictureOfMaps(sides), csv: () => codesOf(sides) }),
    );
    this.find(".lse-save-receipt").append(
      saveButtons({ name: "receipt", png: () => canvasOf(receipt.root), csv: () => receipt.rows() }),
    );
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {string} name */
  named(name) {
    return choiceNamed(this.data.models, this.data.runs, name);
  }

  async start() {
    const arrived = await Promise.all(this.sides.map((side) => side.take(side.choice)));
    if (this.panes.end.signal.aborted) return;
    if (!arrived.every(Boolean)) return this.waitForAnother();
    this.started = true;
    for (const pane of this.panes.all) pane.start();
    this.resized = new ResizeObserver(() => this.threads.on && this.threads.turn(true));
    this.resized.observe(this.root);
    this.showPair();
    this.root.dataset.ready = "true";
    showInAddressBar(this.link, this.data.defaults);
    // Evaluating Plotly takes the main thread for a second: the maps are seen, and can be dragged, before it.
    requestAnimationFrame(() => setTimeout(() => void this.loadPlots()));
  }

  /** A side could not be loaded; the pickers are live, so that another can be tried. */
  waitForAnother() {
    this.sides.forEach(({ choice }, i) => this.pickers[i].show(choice));
  }

  async loadPlots() {
    const { plotly_url } = this.data;
    await Promise.all([this.panes.loadAxes(plotly_url), this.plane?.load(plotly_url).catch(() => {})]);
    this.showPlane();
  }

  /** Put a model on a side. @param {Side} side @param {Choice} choice */
  async put(side, choice) {
    const before = side.choice;
    if (this.started && choice.name === (side.asked ?? before).name) return;
    const taken = await side.take(choice);
    this.pickers[this.sides.indexOf(side)].show(side.choice);
    if (!taken) return;
    if (!this.started) return void this.start();
    this.forgetOtherImages();
    this.showPair();
    this.publish();
    // In a window that fits both, the codes of one map move those of the other.
    if (this.panes.state.scale === "fit") for (const each of this.sides) each.glide();
    side.move(before);
    void this.drawing.again(this.panes.state.image < 0);
  }

  /** The selected image is none of another data set. */
  forgetOtherImages() {
    const { state, lead } = this.panes;
    if (state.image < 0 || state.image < (lead.loaded?.label.length ?? 0)) return;
    this.panes.state = { ...state, image: -1, z: state.z ?? new Float32Array(2) };
  }

  // What is shown

  /** Everything that depends on which two models stand there. */
  showPair() {
    this.sides.forEach(({ choice, pane }, i) => {
      this.pickers[i].show(choice);
      pane.element.dataset.model = choice.name;
      pane.find(".lse-brief").replaceChildren(...BRIEF.map((row) => briefRow(row, choice)));
    });
    const [a, b] = this.sides.map(({ letter, choice, pane }) => {
      return { letter, choice, loaded: /** @type {import("../latent_map/loading.js").Loaded} */ (pane.loaded) };
    });
    this.samples?.show(a, b);
    this.showTable();
    this.showPlane();
    this.showSelected();
    this.showView();
    this.panes.decode();
  }

  showTable() {
    const { models, seeds, classifier } = this.data;
    const [a, b] = this.sides.map(({ choice }) => choice);
    this.table?.show({ models, seeds, classifier, a, b });
  }

  showPlane() {
    const { models, seeds, term_colours } = this.data;
    const [a, b] = this.sides.map(({ choice }) => choice);
    this.plane?.show({ models, seeds, a, b, ink: { ...this.panes.lead.scene.style, ...term_colours } });
  }

  showView() {
    const outside = this.panes.all.map((pane) => pane.countOutside());
    if (this.sides?.every(({ pane }) => pane.loaded)) this.find(".lse-caption").textContent = this.caption(outside);
    this.panes.pressScale();
    this.find(".lse-lines").setAttribute("aria-pressed", String(this.threads?.on ?? false));
  }

  /** @param {number[]} outside */
  caption(outside) {
    const [{ choice: a }, { choice: b }] = this.sides;
    const count = (/** @type {number} */ number) => number.toLocaleString("en");
    const same = a.images === b.images && a.dataset === b.dataset;
    const images = [a, b]
      .slice(0, same ? 1 : 2)
      .map((choice) => `${count(choice.images)} ${choice.dataset} test images`);
    const gone = this.sides.flatMap(({ letter }, i) =>
      outside[i] ? [` ${count(outside[i])} codes of ${letter} lie outside its frame.`] : [],
    );
    return `Each point is the mean of q(z|x), not a sample, of one of the ${images.join(" (A) and ")}${same ? "" : " (B)"}; the same image lights up in both.${gone.join("")}`;
  }

  /** The image that was clicked takes the receipt from the drawing. */
  showSelected() {
    const { image } = this.panes.state;
    this.root.dataset.image = image < 0 ? "" : String(image);
    if (image < 0) return this.drawing?.ink ? undefined : this.receipt?.show(null);
    const lead = this.sides[this.panes.all.indexOf(this.panes.lead)];
    const originals = this.panes.originals.at(lead.choice.images_url, () => this.showSelected());
    this.receipt?.show(billOfImage(this.sides, lead, originals, image));
  }

  /** @param {boolean} final false while the stroke goes on */
  showDrawing(final) {
    if (!final) return;
    const { answers } = this.drawing;
    if (!answers.length) return this.showSelected();
    this.panes.deselect();
    this.receipt?.show(billOfDrawing(answers));
  }

  // What the visitor does

  /** @returns {Object<string, string>} */
  get link() {
    const [a, b] = this.sides.map(({ choice }) => choice.name);
    const {
      model: _,
      lattice: __,
      ...look
    } = linkOf({ model: a, ...this.panes.state }, this.panes.lead.place.view.half);
    const seed = this.samples?.seed;
    return { a, b, ...look, lines: this.threads.on ? "on" : "", draw: seed ? String(seed) : "" };
  }

  /** Once a change is final: the address bar shows it, and Streamlit learns of it. */
  publish() {
    if (!this.started) return;
    const { link } = this;
    showInAddressBar(link, this.data.defaults);
    this.report("link", link);
  }

  /** @param {HTMLElement} button */
  press(button) {
    if (button.matches(".lse-lines")) {
      this.threads.turn(!this.threads.on);
      this.showView();
      this.publish();
    }
    const model = this.named(button.dataset.modelName ?? "");
    const side = this.sides.find(({ pane }) => pane.find(".lse-picker").contains(button));
    if (model && side) void this.put(side, model);
  }

  /** Streamlit does not say which of the two it calls for: measures that have come, or another theme.
   * @param {BothData} data */
  update(data) {
    this.data = { ...data, start: this.data.start };
    if (!this.started) return;
    for (const side of this.sides) side.choice = this.named(side.choice.name) ?? side.choice;
    const { scene } = this.panes.lead;
    const before = scene.ink.join();
    scene.readTheme();
    if (scene.ink.join() !== before) this.panes.restyle();
    this.showTable();
    this.showPlane();
  }

  destroy() {
    this.resized?.disconnect();
    this.panes.destroy();
  }
}

/** @param {import("../latent_map/panel.js").Row} row @param {Choice} choice */
function briefRow(row, { metrics, likelihood }) {
  const value = element("dd", "", formatted(metrics[row.key], row.unit));
  value.append(element("small", "", ` ${unitOf(row, likelihood)}`));
  return element("div", "", element("dt", row.tone && `lse-${row.tone}`, row.name.replace(", their sum", "")), value);
}

/** @type {WeakMap<HTMLElement, SideBySide>} Streamlit calls again for the same element */
const pairs = new WeakMap();

/** @param {any} component */
export default function (component) {
  const { parentElement, data } = component;
  const pair = pairs.get(parentElement);
  if (pair) {
    pair.report = component.setStateValue;
    pair.update(data);
  } else pairs.set(parentElement, new SideBySide(component));
  return () => {
    pairs.get(parentElement)?.destroy();
    pairs.delete(parentElement);
  };
}
