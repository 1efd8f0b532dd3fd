// The map: one state, the acts that change it, and what each change shows. While a pointer is down nothing here
// asks the server.

import { Axes } from "./axes.js";
import { element, pressOne } from "./dom.js";
import { listenToHandle, listenToMap } from "./gestures.js";
import { glide } from "./glide.js";
import { Inspector } from "./inspector.js";
import { linkOf, showInAddressBar, stateOf } from "./link.js";
import { fetchModel } from "./loading.js";
import { decodeLattice, lattice } from "./manifold.js";
import { captionOf, showNumbers } from "./panel.js";
import { drawPicture } from "./pictures.js";
import { Scene } from "./scene.js";
import { bounded, countOutside, nearestPoint, SHARED_VIEW, toLatent, zoomed } from "./view.js";

/** @typedef {import("./panel.js").Model} Model */
/** @typedef {import("./view.js").View} View */
/** @typedef {{models: Model[], start: Object<string, string>, defaults: Object<string, string>, plotly_url: string,
 *   images_url: string | null, class_names: string[],
 *   class_colours: {light: string[], dark: string[]}, term_colours: {reconstruction: string, kl: string}}} MapData */

const MORPH_MS = 800;
const REACH_PX = 14; // of the pointer, to the nearest code
const KEY_STEP = 0.02; // of half the window
const ZOOM_STEP = 1.5;

class LatentMap {
  /** @param {{data: MapData, parentElement: HTMLElement, setStateValue: (name: string, value: any) => void}} component */
  constructor({ data, parentElement, setStateValue }) {
    this.data = data;
    this.report = setStateValue;
    this.root = /** @type {HTMLElement} */ (parentElement.querySelector(".lse"));
    this.state = stateOf(data.start);
    /** @type {Model | null} the model shown before this one */
    this.before = null;
    /** @type {import("./loading.js").Loaded | null} */
    this.loaded = null;
    /** @type {import("./glide.js").Placement} */
    this.place = { points: new Float32Array(0), letters: [], view: SHARED_VIEW };
    this.stopGlide = () => {};
    this.gliding = false;
    this.latticeRun = 0;
    this.end = new AbortController();
    this.scene = new Scene(this.root, data.class_colours);
    this.inspector = new Inspector(
      this.find(".lse-hover"),
      this.find(".lse-image"),
      data.class_names,
      data.images_url,
      (sentence) => this.complain(sentence),
    );
    this.axes = new Axes(this.find(".lse-axes"), {
      onView: (view, final) => this.look(view, final),
      onVisible: (visible) => this.showClasses(visible),
      onReset: () => this.setScale(this.state.scale),
    });
    this.root.style.setProperty("--lse-reconstruction", data.term_colours.reconstruction);
    this.root.style.setProperty("--lse-kl", data.term_colours.kl);
    this.offerModels();
    this.listen();
    void this.startWith(this.model);
  }

  /** @param {boolean} moving from one placement to another */
  set gliding(moving) {
    this.root.dataset.gliding = String(moving);
  }

  get gliding() {
    return this.root.dataset.gliding === "true";
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @returns {Model} */
  get model() {
    return this.data.models.find(({ name }) => name === this.state.model) ?? this.data.models[0];
  }

  /** The model trained from scratch with this weight. @param {number} beta @returns {Model | undefined} */
  modelOf(beta) {
    return this.data.models.find((model) => model.from_scratch && model.beta === beta);
  }

  /** Where the handle is. @returns {Float32Array} */
  get z() {
    return this.state.z ?? this.place.points.slice(2 * this.state.image, 2 * this.state.image + 2);
  }

  /** Where everything belongs once nothing moves. @returns {import("./glide.js").Placement} */
  get rest() {
    if (!this.loaded) return this.place;
    const { mean, letters, fit } = this.loaded;
    return { points: mean, letters, view: this.state.view ?? (this.state.scale === "fit" ? fit : SHARED_VIEW) };
  }

  /** @param {Model} model the first one, or another where that could not be loaded */
  async startWith(model) {
    if (!(await this.take(model)) || this.observer) return;
    this.state = { ...this.state, model: model.name };
    this.place = this.rest;
    this.resize();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.scene.stage);
    this.showModel();
    this.root.dataset.ready = "true";
    // Evaluating Plotly takes the main thread for a second: the map is seen, and can be dragged, before it.
    requestAnimationFrame(() => setTimeout(() => void this.loadAxes()));
  }

  async loadAxes() {
    try {
      await this.axes.load(this.data.plotly_url, () => this.drawAxes());
    } catch {
      this.complain("The axes could not be loaded; the map works without them. Reload the page to try again.");
    }
  }

  /** Make ``model`` the loaded one.
   * @param {Model} model
   * @returns {Promise<boolean>} false after a complaint, or when another was asked for meanwhile */
  async take(model) {
    this.asked = model;
    try {
      const loaded = await fetchModel(model.url);
      if (this.asked !== model || this.end.signal.aborted) return false;
      this.loaded = loaded;
    } catch {
      if (this.asked !== model) return false;
      this.complain(`The model “${model.label}” could not be loaded. Check the connection and choose it again.`);
      return false;
    }
    this.complain("");
    if (this.state.image >= this.loaded.label.length) this.state = { ...this.state, image: -1, z: new Float32Array(2) };
    return true;
  }

  /** @param {string} sentence "" takes an earlier one away */
  complain(sentence) {
    const error = this.find(".lse-error");
    error.textContent = sentence;
    error.hidden = !sentence;
  }

  // What is shown

  restyle() {
    this.scene.readTheme();
    if (!this.loaded) return;
    this.drawAxes();
    this.paint();
    void this.decodeBackdrop();
  }

  resize() {
    if (this.scene.resize()) this.restyle();
  }

  drawAxes() {
    const classes = this.data.class_names.map((name, digit) => {
      return { name, colour: this.scene.colours[digit], visible: this.shows(digit) };
    });
    if (!this.gliding) this.axes.draw(this.place.view, this.scene.stage.clientWidth, classes, this.scene.style);
  }

  /** @param {number} digit */
  shows(digit) {
    return this.state.digits.includes(String(digit));
  }

  paint() {
    if (!this.loaded) return;
    this.scene.paint(this.place.points, this.loaded.label, this.state.digits, this.place.view);
    this.mark();
  }

  mark() {
    if (!this.loaded) return;
    const { points, letters, view } = this.place;
    const names = letters
      .map((place, digit) => ({ name: this.data.class_names[digit], place, digit }))
      .filter(({ digit }) => this.shows(digit));
    const row = 2 * this.state.image;
    const { stddev } = this.loaded;
    const code = { z1: points[row], z2: points[row + 1], sigma1: stddev[row], sigma2: stddev[row + 1] };
    this.scene.mark(view, names, row < 0 ? null : code);
    this.scene.placeHandle(view, this.z);
  }

  decode() {
    if (!this.loaded) return;
    const z = this.z;
    const pixels = this.loaded.decoder.decode(z);
    drawPicture(/** @type {HTMLCanvasElement} */ (this.find("[data-testid=decoded]")), pixels, 1);
    let expected = 0;
    for (let i = 0; i < pixels.length; i++) expected += pixels[i];
    // Adding 0 turns -0 into 0.
    const [shown, exact] = [2, 4].map((digits) =>
      Array.from(z, (value) => (Number(value.toFixed(digits)) + 0).toFixed(digits)),
    );
    const text = shown.join(", ").replaceAll("-", "−");
    this.find(".lse-z").textContent = `z = (${text})`;
    this.find(".lse-ink").textContent = `${expected.toFixed(0)} of ${pixels.length} pixels expected on`;
    this.scene.handle.setAttribute("aria-valuenow", shown[0]);
    this.scene.handle.setAttribute("aria-valuetext", `z1, z2 = ${text}`);
    this.root.dataset.z = exact.join(",");
  }

  /** Everything beside the map that depends on the model. */
  showModel() {
    this.root.dataset.model = this.model.name;
    const on = this.model.beta > 0;
    this.find(".lse-switch").setAttribute("aria-checked", String(on));
    this.find(".lse-switch-text").textContent = `KL term ${on ? "on" : "off"}`;
    pressOne(this.root.querySelectorAll("[data-model-name]"), (button) => {
      return button.dataset.modelName === this.model.name;
    });
    this.find("[data-testid=story]").textContent = this.model.story;
    showNumbers(this.find(".lse-numbers"), this.before ?? this.modelOf(1), this.model);
    this.showSelected();
    this.showView();
    this.decode();
  }

  /** The sentence under the map, and the buttons that say how it is looked at. */
  showView() {
    if (!this.loaded) return;
    const outside = countOutside(this.loaded.mean, this.rest.view);
    this.root.dataset.outside = String(outside);
    this.find(".lse-caption").textContent = captionOf(this.model, outside);
    pressOne(this.root.querySelectorAll("[data-scale]"), (button) => {
      return !this.state.view && button.dataset.scale === this.state.scale;
    });
    this.find(".lse-toggle").setAttribute("aria-pressed", String(this.state.lattice));
  }

  showSelected() {
    const { image } = this.state;
    this.root.dataset.image = image < 0 ? "" : String(image);
    if (this.loaded) this.inspector.showPanel(this.loaded, image, this.model);
  }

  /** Decode what the window shows; until it is done the points stand on plain paper. */
  async decodeBackdrop() {
    this.dropBackdrop();
    if (!this.state.lattice || !this.loaded || this.gliding) return;
    const run = this.latticeRun;
    const stale = () => run !== this.latticeRun || this.end.signal.aborted;
    const ink = await decodeLattice(this.loaded.decoder, this.place.view, stale);
    if (!ink) return;
    const { scene } = this;
    scene.backdrop = lattice(ink, scene.image.width, scene.paper, scene.ink);
    this.root.dataset.lattice = "drawn";
    this.paint();
  }

  /** It no longer shows what the window shows. */
  dropBackdrop() {
    this.latticeRun++;
    this.scene.backdrop = null;
    this.root.dataset.lattice = "";
  }

  // What the visitor does

  /** Once a change is final: the address bar shows it, and Streamlit learns of it. */
  publish() {
    const link = linkOf(this.state, this.place.view.half);
    showInAddressBar(link, this.data.defaults);
    this.report("link", link);
  }

  /** @param {Model | undefined} model to morph to */
  async switchTo(model) {
    if (!model) return;
    if (!this.loaded) return this.startWith(model);
    this.asked = model;
    if (model === this.model) return;
    const before = this.model;
    if (!(await this.take(model))) return;
    this.state = { ...this.state, model: model.name };
    this.before = before;
    this.showModel();
    this.publish();
    this.glide(MORPH_MS);
  }

  /** Move points and window together to where they belong. @param {number} duration in ms */
  glide(duration) {
    const [from, to] = [this.place, this.rest];
    this.stopGlide();
    this.dropBackdrop();
    // The ticks would be wrong while the window moves; they come back with the next drawing.
    if (from.view.half !== to.view.half || from.view.x !== to.view.x || from.view.y !== to.view.y) this.axes.fade();
    this.gliding = true;
    this.stopGlide = glide(from, to, duration, (place, arrived) => {
      this.place = place;
      this.paint();
      if (!this.state.z) this.decode();
      if (arrived) this.arrive();
    });
  }

  arrive() {
    this.gliding = false;
    this.drawAxes();
    this.showView();
    void this.decodeBackdrop();
  }

  /** @param {View} seen @param {boolean} final false while the visitor still pans or zooms */
  look(seen, final) {
    const view = bounded(seen);
    this.stopGlide();
    this.gliding = false;
    this.dropBackdrop();
    this.state = { ...this.state, view };
    this.place = this.rest;
    this.paint();
    if (!final) return;
    this.drawAxes();
    this.showView();
    this.publish();
    void this.decodeBackdrop();
  }

  /** @param {string} scale "shared" or "fit"; forgets where the visitor panned to */
  setScale(scale) {
    this.state = { ...this.state, scale, view: null };
    this.showView();
    this.glide(MORPH_MS / 2);
    this.publish();
  }

  /** @param {number} factor below 1 zooms in, about the handle where it can be seen */
  zoom(factor) {
    if (!this.loaded) return;
    const { view } = this.place;
    const [z1, z2] = this.scene.handleOutside ? [view.x, view.y] : this.z;
    this.look(zoomed(view, z1, z2, factor), true);
  }

  /** @param {boolean[]} visible by class */
  showClasses(visible) {
    this.state = { ...this.state, digits: visible.flatMap((shows, digit) => (shows ? [digit] : [])).join("") };
    this.paint();
    this.publish();
  }

  /** @param {boolean} on */
  setLattice(on) {
    this.state = { ...this.state, lattice: on };
    this.showView();
    this.publish();
    void this.decodeBackdrop();
    this.paint();
  }

  /** @param {number} image its index */
  select(image) {
    this.state = { ...this.state, image, z: null };
    this.showSelected();
    this.decode();
    this.mark();
    this.publish();
  }

  /** @param {number} z1 @param {number} z2 */
  putHandle(z1, z2) {
    if (!this.loaded) return;
    this.state = { ...this.state, z: Float32Array.of(z1, z2) };
    this.root.dataset.touched = "true";
    this.decode();
    this.scene.placeHandle(this.place.view, this.z);
  }

  /** @param {import("./scene.js").Pointer | null} event @returns {number} the image whose code is nearest, or -1 */
  nearest(event) {
    if (!this.loaded || !event) return -1;
    const { points, view } = this.place;
    const { label } = this.loaded;
    const [z1, z2] = this.scene.under(event, view);
    const reach = (REACH_PX * 2 * view.half) / this.scene.side;
    return nearestPoint(points, (row) => this.shows(label[row]), z1, z2, reach);
  }

  /** @param {import("./scene.js").Pointer | null} event null hides what it showed */
  hover(event) {
    if (this.loaded) this.inspector.showCard(this.loaded, this.nearest(event), this.place, this.scene.side);
  }

  // Wiring

  offerModels() {
    const buttons = this.data.models.map(({ name, label, beta, from_scratch }) => {
      const button = element("button", "", from_scratch ? String(beta) : label);
      button.dataset.modelName = name;
      button.title = label;
      button.setAttribute("type", "button");
      return button;
    });
    this.find(".lse-betas").replaceChildren(element("span", "", "β ="), ...buttons);
  }

  listen() {
    const { signal } = this.end;
    let [left, top] = [0, 0];
    listenToHandle(this.scene.handle, signal, {
      grab: () => {
        this.hover(null);
        [left, top] = this.scene.handleAt;
      },
      drag: (right, down) => {
        const [z1, z2] = toLatent(this.place.view, this.scene.side, left + right, top + down);
        this.putHandle(z1, z2);
      },
      step: (right, up) => {
        const step = KEY_STEP * this.place.view.half;
        this.putHandle(this.z[0] + step * right, this.z[1] + step * up);
      },
      release: () => this.publish(),
    });
    listenToMap(this.find(".lse-axes"), signal, {
      hover: (event) => this.hover(event),
      click: (event) => {
        const image = this.nearest(event);
        if (image >= 0) this.select(image);
      },
    });
    const press = (/** @type {MouseEvent} */ event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (button) this.press(button);
    };
    this.root.addEventListener("click", press, { signal });
  }

  /** @param {HTMLElement} button */
  press(button) {
    const { modelName, scale, zoom } = button.dataset;
    if (button.matches(".lse-switch")) void this.switchTo(this.modelOf(this.model.beta > 0 ? 0 : 1));
    if (button.matches(".lse-toggle")) this.setLattice(!this.state.lattice);
    if (modelName) void this.switchTo(this.data.models.find(({ name }) => name === modelName));
    if (scale) this.setScale(scale);
    if (zoom) this.zoom(zoom === "in" ? 1 / ZOOM_STEP : ZOOM_STEP);
  }

  destroy() {
    this.end.abort();
    this.stopGlide();
    this.observer?.disconnect();
    this.axes.destroy();
  }
}

/** @type {WeakMap<HTMLElement, LatentMap>} Streamlit calls again for the same element when the theme changes */
const maps = new WeakMap();

/** @param {any} component */
export default function (component) {
  const { parentElement } = component;
  const map = maps.get(parentElement);
  if (map) {
    map.report = component.setStateValue;
    map.restyle();
  } else maps.set(parentElement, new LatentMap(component));
  return () => {
    maps.get(parentElement)?.destroy();
    maps.delete(parentElement);
  };
}
