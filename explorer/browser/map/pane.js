// A pane: one map with the codes of one model, and the picture decoded at the handle.

import { Axes } from "./axes.js";
import { Card } from "./card.js";
import { chosenIn } from "./ellipses.js";
import { write } from "../ui/dom.js";
import { CLICK_PX, listenToArrows, listenToHandle, listenToMap, listenToWheel } from "../ui/gestures.js";
import { glide } from "./glide.js";
import { decodeGrid, gridImage } from "./latent_grid.js";
import { drawPicture } from "../ui/pictures.js";
import { Legend } from "./legend.js";
import { Scene } from "./scene.js";
import { Thumbnail } from "./thumbnail.js";
import { countOutside, nearestPoint, nextPoint, sameView, SHARED_VIEW, toLatent } from "./view.js";

/** @typedef {import("./scene.js").Pointer} Pointer */

const REACH_PX = 14; // from the pointer to the nearest code, at most
const KEY_STEP = 0.02; // of half the window
const WALK_PX = { near: 4, far: 40 }; // the least distance of a keyboard step from code to code, so that it is visible
const DOUBLE_CLICK_MS = 400;
const HINT_MS = 2000;
const FOLLOW = { codes: 300, camera: 700 }; // ms, after a turn of a dial
const NO_LABELS = new Uint8Array(0);

export class Pane {
  /** @param {HTMLElement} element that contains the stage and the decoded picture
   * @param {import("./panes.js").Panes} panes the group of this one, with their shared state
   * @param {import("../../wire.js").ClassColours} colours of the classes
   * @param {import("./card.js").Subject} subject */
  constructor(element, panes, colours, subject) {
    this.element = element;
    this.panes = panes;
    this.subject = subject;
    /** The name of this map for screen readers if there are two, such as "map A". */
    this.title = "";
    /** @type {import("./loading.js").Loaded | null} */
    this.loaded = null;
    /** @type {import("./scene.js").Code | null} of an external image, which is not in the data set */
    this.external = null;
    /** @type {Float32Array} the mean of the last external image; the handle stays there until another is encoded */
    this.drawn = new Float32Array(2);
    /** @type {import("./glide.js").Placement} */
    this.place = { points: new Float32Array(0), stddev: new Float32Array(0), labelPositions: [], view: SHARED_VIEW };
    this.stopGlide = () => {};
    this.moving = false;
    /** The window to which the map glides. */
    this.target = SHARED_VIEW;
    this.latticeRun = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hinted = undefined;
    /** @type {number[]} the images whose ellipses are drawn */
    this.chosen = [];
    /** @type {PointerEvent | null} the last click on the map */
    this.clicked = null;
    /** @type {Pointer | null} the pointer while it is on the map */
    this.pointer = null;
    this.scene = new Scene(panes.root, this.find(".lse-stage"), colours);
    this.card = new Card(this.find(".lse-hover"), panes.originals);
    this.thumbnail = new Thumbnail(this.scene);
    this.axes = new Axes(this.find(".lse-axes"), {
      onView: (view, final) => panes.look(view, final, this),
      onReset: () => panes.setScale(panes.state.scale),
    });
    this.legend = new Legend(this.find(".lse-legend"), (visible) => panes.showClasses(visible));
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }

  /** Draw for the first time, and from now on follow the available width. */
  start() {
    this.panes.noteSelected(); // style sheets show the handle's words where nothing is selected
    this.place = this.rest;
    this.resize();
    this.observer.observe(this.scene.stage);
  }

  /** From one placement to another. @param {boolean} moving */
  set gliding(moving) {
    this.moving = moving;
    this.scene.stage.dataset.gliding = String(moving);
    this.panes.noteGliding();
  }

  get gliding() {
    return this.moving;
  }

  /** The placement at rest. @returns {import("./glide.js").Placement} */
  get rest() {
    const view = this.panes.windowOf(this);
    if (!this.loaded) return { ...this.place, view };
    const { mean, stddev, labelPositions } = this.loaded;
    return { points: mean, stddev, labelPositions, view };
  }

  /** Whether an image of another map, by default the lead one, has a code on this one.
   * @param {number} image @param {Pane} [where] */
  holds(image, where = this.panes.lead) {
    const same = this.subject.dataset === where.subject.dataset;
    return same && image >= 0 && 2 * image < this.place.points.length;
  }

  /** The current position of an image's code. @param {number} image */
  pointOf(image) {
    return this.place.points.slice(2 * image, 2 * image + 2);
  }

  restyle() {
    this.scene.readTheme();
    this.drawAxes();
    this.paint();
    void this.decodeBackdrop();
  }

  /** @param {number} [sharp] canvas pixels per CSS pixel, by default the screen's */
  resize(sharp) {
    if (this.scene.resize(this.subject.class_names, sharp)) this.restyle();
  }

  drawAxes() {
    this.drawLegend();
    if (!this.gliding) {
      this.axes.draw(this.place.view, this.scene.width, this.subject.class_names, this.scene.style);
    }
  }

  drawLegend() {
    const classes = this.subject.class_names.map((name, digit) => {
      return { name, colour: this.scene.colours[digit], visible: this.panes.shows(digit) };
    });
    this.legend.draw(classes, this.scene.side);
  }

  paint() {
    const { points, view } = this.place;
    const label = this.loaded?.label ?? NO_LABELS;
    // While codes fly, ellipses stay with their images; another choice in each frame would flicker.
    if (!this.gliding) this.chosen = chosenIn(this.place, label, (digit) => this.panes.shows(digit));
    this.scene.paint(this.place, label, this.panes.state.digits, this.chosen);
    this.element.dataset.view = [view.x, view.y, view.half].map((value) => Number(value.toPrecision(6)) + 0).join(",");
    this.element.dataset.outside = String(countOutside(points, view));
    this.mark();
  }

  mark() {
    const { points, stddev, labelPositions, view } = this.place;
    const names = labelPositions
      .map((place, digit) => ({ name: this.subject.class_names[digit], place, digit }))
      .filter(({ digit }) => this.panes.shows(digit));
    const { image } = this.panes.state;
    const row = 2 * image;
    const code = { z1: points[row], z2: points[row + 1], sigma1: stddev[row], sigma2: stddev[row + 1] };
    this.scene.placeHandle(view, this.panes.zOf(this));
    this.scene.mark(view, names, this.holds(image) ? code : null, this.external);
    this.thumbnail.show(this.panes.page.pictured?.(this) ?? null, view);
    this.markHovered();
    this.panes.page.marked?.();
  }

  /** Draw a ring around the hovered image, on whichever map the pointer is. */
  markHovered() {
    const { image, where } = this.panes.hovered;
    this.scene.markHovered(this.place.view, this.holds(image, where) ? this.pointOf(image) : null);
  }

  /** @param {Float32Array} z @param {string} text z in words */
  decode(z, text) {
    if (!this.loaded) return;
    const pixels = this.loaded.decoder.decode(z);
    drawPicture(/** @type {HTMLCanvasElement} */ (this.find("[data-testid=decoded]")), pixels, 1);
    let expected = 0;
    for (let i = 0; i < pixels.length; i++) expected += pixels[i];
    const { is_binary } = this.subject.likelihood;
    write(this.find(".lse-z"), `z = (${text})`);
    if (this.title) write(this.find(".lse-where"), this.where);
    write(this.find(".lse-ink"), is_binary ? `On average ${expected.toFixed(0)} of ${pixels.length} pixels are on.` : "");
    write(this.find(".lse-meaning"), `Brightness = ${is_binary ? "probability that the pixel is on" : "mean of the grey level"}.`);
  }

  /** Whose z this map shows, where each map can have one of its own. */
  get where() {
    const { state } = this.panes;
    if (state.linked) return "one z for both maps";
    if (!this.panes.atCode(this)) return "z of this map alone";
    return state.image < 0 ? "the code of your drawing" : `the code of test image ${state.image}`;
  }

  /** The number of codes outside the window at rest. */
  countOutside() {
    return this.loaded ? countOutside(this.loaded.mean, this.panes.windowOf(this)) : 0;
  }

  /** Decode the grid behind the window; until it is done the background is plain. */
  async decodeBackdrop() {
    this.dropBackdrop();
    if (!this.panes.state.lattice || !this.loaded || this.gliding) return;
    const run = this.latticeRun;
    const stale = () => run !== this.latticeRun || this.panes.end.signal.aborted;
    const ink = await decodeGrid(this.loaded.decoder, this.place.view, stale);
    if (!ink) return;
    const { scene } = this;
    scene.backdrop = gridImage(ink, scene.image.width, scene.paper, scene.ink);
    this.element.dataset.lattice = "drawn";
    this.paint();
  }

  /** Remove the grid, because the window has changed. */
  dropBackdrop() {
    this.latticeRun++;
    this.scene.backdrop = null;
    this.element.dataset.lattice = "";
  }

  /** Move to the placement at rest without animation, with margins for the names of the classes. */
  jump() {
    this.stop();
    this.place = this.rest;
    this.scene.resize(this.subject.class_names);
    this.paint();
    this.arrive();
  }

  /** Animate the codes and then the window to the placement at rest. @param {{codes: number, camera: number}} duration
   * in ms */
  glide(duration) {
    const [from, to] = [this.place, this.rest];
    this.stop();
    this.target = to.view;
    this.gliding = true;
    this.stopGlide = glide(from, to, duration, (place, arrived) => {
      // The ticks would be wrong while the window moves; the next drawing shows them again.
      if (!sameView(from.view, place.view)) this.axes.fade();
      this.place = place;
      this.paint();
      if (!this.panes.chosenZ(this)) this.panes.decode(this);
      if (arrived) this.arrive();
    });
  }

  /** The codes have changed in place: draw them, and let the camera follow once the eye has seen them move. */
  turn() {
    const rest = this.rest;
    const view = this.gliding ? this.target : this.place.view;
    if (!sameView(rest.view, view)) return this.glide(FOLLOW);
    if (this.gliding) return; // draws the codes as they are
    this.place = rest;
    this.dropBackdrop();
    this.paint();
  }

  /** Stop the animation at its current placement. */
  stop() {
    this.stopGlide();
    this.gliding = false;
    this.dropBackdrop();
  }

  arrive() {
    this.gliding = false;
    this.drawAxes();
    this.hover(this.pointer);
    this.panes.page.showView();
    void this.decodeBackdrop();
  }

  /** @param {Pointer | null} event @returns {number} the image whose code is nearest, or -1 */
  nearest(event) {
    if (!this.loaded || !event) return -1;
    const { points, view } = this.place;
    const { label } = this.loaded;
    const [z1, z2] = this.scene.under(event, view);
    const reach = (REACH_PX * 2 * view.half) / this.scene.side;
    return nearestPoint(points, (row) => this.panes.shows(label[row]), z1, z2, reach);
  }

  /** Select the nearest code in a direction from the selected one, or else from the handle.
   * @param {[number, number]} direction to the right and up @param {boolean} far */
  walk(direction, far) {
    if (!this.loaded) return;
    const { panes, scene, place } = this;
    const { label } = this.loaded;
    const { image } = panes.state;
    const from = this.holds(image) ? this.pointOf(image) : panes.zOf(this);
    const least = ((far ? WALK_PX.far : WALK_PX.near) * 2 * place.view.half) / scene.side;
    const found = nextPoint(place.points, (row) => panes.shows(label[row]), place.view, from, direction, least);
    if (found >= 0) panes.select(found, this);
  }

  /** @param {Pointer | null} event null hides the card */
  hover(event) {
    const image = this.nearest(event);
    if (event || this.pointer) this.panes.setHovered(image, this);
    this.pointer = event;
    if (image < 0 || !this.loaded) this.card.hide();
    else this.card.show(this.loaded, this.subject, image, this.place, this.scene.side);
  }

  listen() {
    const { panes, scene } = this;
    let [left, top] = [0, 0];
    listenToHandle(scene.handle, panes.end.signal, {
      grab: (event) => {
        this.hover(null);
        // The first click of a double click may have selected an image and so moved the handle under the second.
        if (this.clickedJustBefore(event)) panes.setScale(panes.state.scale);
        [left, top] = scene.handleAt;
      },
      drag: (right, down) => {
        const [z1, z2] = toLatent(this.place.view, scene.side, left + right, top + down);
        panes.putHandle(z1, z2, this);
      },
      step: (right, up) => {
        const step = KEY_STEP * this.place.view.half;
        const [z1, z2] = panes.zOf(this);
        panes.putHandle(z1 + step * right, z2 + step * up, this);
      },
      release: () => this.release(),
      press: () => scene.handleOutside && panes.bringHandle(this),
    });
    listenToArrows(scene.plot, panes.end.signal, (direction, far) => this.walk(direction, far));
    listenToWheel(this.find(".lse-axes"), scene.plot, panes.end.signal, () => this.hintAtWheel());
    listenToMap(this.find(".lse-axes"), panes.end.signal, {
      hover: (event) => this.hover(event),
      click: (event) => {
        this.clicked = event;
        if (event.pointerType === "mouse") scene.plot.focus({ preventScroll: true });
        const image = this.nearest(event);
        if (image >= 0) panes.select(image, this);
      },
    });
  }

  /** The handle stands still again: the names of the classes make room for it. */
  release() {
    for (const pane of this.panes.all) pane.mark();
    this.panes.page.changed();
  }

  /** Say for a while how the wheel zooms. */
  hintAtWheel() {
    const hint = this.find(".lse-hint");
    hint.hidden = false;
    clearTimeout(this.hinted);
    this.hinted = setTimeout(() => (hint.hidden = true), HINT_MS);
  }

  /** @param {PointerEvent} event */
  clickedJustBefore({ timeStamp, clientX, clientY }) {
    const { clicked } = this;
    if (!clicked || timeStamp - clicked.timeStamp > DOUBLE_CLICK_MS) return false;
    return Math.hypot(clientX - clicked.clientX, clientY - clicked.clientY) <= CLICK_PX;
  }

  destroy() {
    this.stopGlide();
    this.observer.disconnect();
    this.axes.destroy();
  }
}
