// The square plot of a map: points on a canvas, marks and handle above it, and the theme's sizes and colours.

import { marginsOf } from "./axes.js";
import { rgbOf, svg, write } from "../ui/dom.js";
import { paintEllipses } from "./ellipses.js";
import { magnifier } from "./magnifier.js";
import { Names } from "./names.js";
import { paintPoints } from "./points.js";
import { contours, isSmall, scaleBar, scaleBarBox, smallContours } from "./prior.js";
import { toLatent, toPixels } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {{clientX: number, clientY: number}} Pointer a place on the screen, in pixels */
/** @typedef {{z1: number, z2: number, sigma1: number, sigma2: number}} Code the mean and stddev of one q(z|x) */

const TRANSLUCENT = 0.4; // opacity of points over an underlay
const OUTSIDE_PX = 7; // radius of the mark of a code outside the window
const HANDLE_PX = 16; // radius of the handle
const ZOOM_PX = { across: 24, down: 46 }; // half the sides of the corner with the two buttons
const WORDS_PX = 18; // from the middle of the handle to the words beside it
const ROOM_FOR_WORDS = 110; // px, needed for the words beside the handle

export class Scene {
  /** @param {HTMLElement} root with the theme's styles @param {HTMLElement} stage
   * @param {import("../../wire.js").ClassColours} colours of the classes */
  constructor(root, stage, colours) {
    this.root = root;
    this.stage = stage;
    this.palette = colours;
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (stage.querySelector(selector));
    this.plot = find(".lse-plot");
    this.legend = find(".lse-legend");
    this.marks = find(".lse-marks");
    this.names = new Names(this.marks);
    this.handle = find(".lse-handle");
    this.away = find(".lse-away");
    this.hoverRing = find(".lse-lit");
    this.canvas = /** @type {HTMLCanvasElement} */ (find(".lse-points"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.width = 0;
    this.side = 0;
    this.size = "";
    this.invitation = 0; // the width of the words beside the handle, in pixels
    this.handleAt = [0, 0]; // pixels from the plot's top left corner
    this.handleOutside = false;
    /** @type {string[]} the classes' colours in the current theme */
    this.colours = [];
    /** @type {import("./points.js").Rgb[]} the same as numbers */
    this.discs = [];
    this.sharp = 1;
    this.image = new ImageData(1, 1);
    /** @type {ImageData | null} the background of the points; null is plain */
    this.backdrop = null;
    /** @type {((image: ImageData, view: View) => void) | null} paints below the points, which are then translucent */
    this.underlay = null;
    /** @type {import("./points.js").Rgb} */
    this.paper = [255, 255, 255];
    /** @type {import("./points.js").Rgb} */
    this.ink = [0, 0, 0];
    this.readTheme();
  }

  readTheme() {
    const style = getComputedStyle(this.root);
    this.paper = rgbOf(style.getPropertyValue("--st-background-color"));
    this.ink = rgbOf(style.getPropertyValue("--st-text-color"));
    const theme = this.paper[0] + this.paper[1] + this.paper[2] < 384 ? "dark" : "light";
    this.root.dataset.theme = theme;
    this.colours = this.palette[theme];
    this.discs = this.colours.map(rgbOf);
  }

  /** The page's colours and font, for Plotly. @returns {import("./axes.js").Ink} */
  get style() {
    const css = getComputedStyle(this.root);
    const names = ["--st-background-color", "--lse-muted", "--lse-line"];
    const [paper, muted, line] = names.map((name) => css.getPropertyValue(name));
    return { text: css.color, paper, muted, line, font: css.fontFamily };
  }

  /** Fill the available width. @param {string[]} names of the classes
   * @param {number} [sharp] canvas pixels per CSS pixel @returns {boolean} whether the size changed */
  resize(names, sharp = Math.min(2, devicePixelRatio)) {
    const width = this.stage.clientWidth;
    const margin = marginsOf(width, names);
    const side = width - margin.l - margin.r;
    const size = `${side} ${margin.t} ${sharp}`;
    if (side < 50 || size === this.size) return false;
    this.size = size;
    this.invitation = /** @type {HTMLElement} */ (this.handle.firstElementChild).offsetWidth;
    this.width = width;
    this.side = side;
    this.sharp = sharp;
    this.stage.style.height = `${side + margin.t + margin.b}px`;
    this.canvas.width = this.canvas.height = Math.round(side * this.sharp);
    this.image = new ImageData(this.canvas.width, this.canvas.height);
    this.backdrop = null;
    const place = { left: `${margin.l}px`, top: `${margin.t}px`, width: `${side}px`, height: `${side}px` };
    for (const layer of [this.canvas, this.plot]) Object.assign(layer.style, place);
    Object.assign(this.legend.style, { left: place.left, width: place.width });
    return true;
  }

  /** @param {import("./glide.js").Placement} place @param {Uint8Array} label [N]
   * @param {string} digits of the visible classes @param {number[]} chosen images, whose ellipses are drawn */
  paint(place, label, digits, chosen) {
    const { points, view } = place;
    const [red, green, blue] = this.paper;
    if (this.backdrop) this.image.data.set(this.backdrop.data);
    else new Uint32Array(this.image.data.buffer).fill((255 << 24) | (blue << 16) | (green << 8) | red);
    const colours = this.discs.map((colour, digit) => (digits.includes(String(digit)) ? colour : null));
    const radius = label.length > 20_000 ? 0.0016 : label.length > 5000 ? 0.0026 : 0.0036;
    const opacity = this.underlay ? TRANSLUCENT : 1;
    this.underlay?.(this.image, view);
    paintPoints(this.image, points, label, colours, view, Math.max(1, radius * this.image.width), opacity);
    this.context.putImageData(this.image, 0, 0);
    const colourOf = (/** @type {number} */ image) => this.colours[label[image]];
    paintEllipses(this.context, place, chosen, colourOf, `rgb(${this.paper})`, this.sharp);
  }

  /** @param {View} view @param {{name: string, place: number[]}[]} labels their places in z
   * @param {Code | null} code selected
   * @param {Code | null} external the code of an image that is not in the data set */
  mark(view, labels, code, external) {
    const wanted = labels.map(({ name, place: [z1, z2] }) => {
      const [x, y] = toPixels(view, this.side, z1, z2);
      return { name, x, y };
    });
    const selected = code ? [...this.ellipses(view, code, ""), ...magnifier(view, this.side, code)] : [];
    const guest = external ? this.ellipses(view, external, " lse-guest") : [];
    const taken = this.taken(view);
    const small = isSmall(view, this.side) ? smallContours(view, this.side, [...wanted, ...taken]) : null;
    const placed = this.names.show(wanted, this.side, [...taken, ...(small?.taken ?? [])]);
    const below = small ? [] : contours(view, this.side, [...placed, ...taken]);
    this.names.between([...below, ...scaleBar(view, this.side)], [...(small?.marks ?? []), ...selected, ...guest]);
  }

  /** What of the plot is taken by what is not the name of a class: the handle and its words, the scale bar, the buttons.
   * @param {View} view @returns {import("./names.js").Box[]} */
  taken(view) {
    const { side, handleAt: [x, y] } = this;
    const words = this.root.dataset.touched ? 0 : this.invitation;
    const way = this.handle.classList.contains("lse-handle-right") ? -1 : 1;
    const invitation = { x: x + way * (WORDS_PX + words / 2), y, across: words / 2, down: HANDLE_PX };
    return [
      { x, y, across: HANDLE_PX, down: HANDLE_PX },
      ...(words ? [invitation] : []),
      scaleBarBox(view, side),
      { x: side - ZOOM_PX.across, y: side - ZOOM_PX.down, ...ZOOM_PX },
    ];
  }

  /** One and two stddev of q(z|x), to scale. @param {View} view @param {Code} code @param {string} kind */
  ellipses(view, { z1, z2, sigma1, sigma2 }, kind) {
    const [cx, cy] = toPixels(view, this.side, z1, z2);
    const scale = this.side / (2 * view.half);
    const rings = [1, 2].map((k) =>
      svg("ellipse", { cx, cy, rx: k * sigma1 * scale, ry: k * sigma2 * scale, class: `lse-ellipse${kind}` }),
    );
    if (!kind) return [...rings, svg("circle", { cx, cy, r: 1.5, class: "lse-chosen" })];
    if (Math.max(Math.abs(cx - this.side / 2), Math.abs(cy - this.side / 2)) <= this.side / 2) {
      return [...rings, svg("circle", { cx, cy, r: 4, class: `lse-chosen${kind}` })];
    }
    // Like the handle, an external code outside the window is shown at its edge, hollow.
    const [x, y] = [cx, cy].map((place) => Math.min(this.side - OUTSIDE_PX, Math.max(OUTSIDE_PX, place)));
    return [svg("circle", { cx: x, cy: y, r: OUTSIDE_PX, class: `lse-chosen${kind} lse-guest-outside` })];
  }

  /** @param {View} view @param {Float32Array | null} z of the image under the pointer */
  markHovered(view, z) {
    this.hoverRing.hidden = !z;
    if (!z) return;
    const [x, y] = toPixels(view, this.side, z[0], z[1]);
    this.hoverRing.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** A handle outside the window is shown at its edge, dotted, with an arrow to z and its distance.
   * @param {View} view @param {Float32Array} z */
  placeHandle(view, z) {
    const wanted = toPixels(view, this.side, z[0], z[1]);
    const away = wanted.map((place) => place - Math.min(this.side, Math.max(0, place)));
    this.handleOutside = away.some(Boolean);
    const inset = this.handleOutside ? HANDLE_PX : 0;
    const [x, y] = wanted.map((place) => Math.min(this.side - inset, Math.max(inset, place)));
    this.handleAt = [x, y];
    this.handle.classList.toggle("lse-outside", this.handleOutside);
    this.handle.classList.toggle("lse-handle-right", x > (this.handleOutside ? this.side / 2 : this.side - ROOM_FOR_WORDS));
    this.handle.style.transform = `translate(${x}px, ${y}px)`;
    this.away.hidden = !this.handleOutside;
    if (this.handleOutside) this.pointAway(away[0], away[1], (2 * view.half) / this.side);
  }

  /** @param {number} right from the plot's edge to z, in pixels @param {number} down likewise
   * @param {number} unit the length of a pixel in units of z */
  pointAway(right, down, unit) {
    const [arrow, words] = this.away.children;
    /** @type {HTMLElement} */ (arrow).style.transform = `rotate(${Math.atan2(down, right)}rad)`;
    write(/** @type {HTMLElement} */ (words), `z is ${(unit * Math.hypot(right, down)).toPrecision(2)} units away; click to bring it back`);
  }

  /** @param {Pointer} pointer @param {View} view @returns {number[]} z under it */
  under({ clientX, clientY }, view) {
    const box = this.plot.getBoundingClientRect();
    return toLatent(view, this.side, clientX - box.left, clientY - box.top);
  }
}
