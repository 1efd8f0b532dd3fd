// log p(x) and p(z|x) of one image by quadrature over z, on a grid that is fine where the posterior is narrow; the
// counterpart of models/evidence.py, which has the reasons, for one image at a time.

import { errorOfLines, interpolated, sharesAt } from "./interpolation.js";
import { logAdd, logSum } from "./logs.js";
import { legendre } from "./nodes.js";
import { discTiles, points, quarter } from "./quadtree.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./quadtree.js").Tile} Tile */
/** logEvidence in nats, an estimate of its numerical error in nats, an upper bound on the share of p(x) left out, and the
 * tiles that hold all but 1e-3 of the posterior.
 * @typedef {{logEvidence: number, error: number, missed: number, leaves: Leaf[]}} Evidence */
/** p(z|x) on tiles that do not overlap: low [T][2], width [T]; logDensity [T, SIDE, SIDE], log p(z|x) in nats at the
 * centre of each pixel, indexed [tile, z1, z2]. @typedef {{tiles: Tile[], logDensity: Float64Array}} Picture */
/** A tile with, in nats: mass, log of the integral of p(x, z) over it; most, about an upper bound of the mass, with peaks
 * between the nodes; rise, the largest difference between neighbouring nodes; logP [NODES, NODES], log p(x, z).
 * @typedef {Tile & {mass: number, most: number, rise: number, logP: Float64Array}} Measured */
/** With its quarters in the order of quarter. @typedef {Tile & {quarters: Measured[]}} Leaf */

const NODES = 6; // along each side of a tile
const WIDEST = 4;
const NEGLIGIBLE = 12; // nats
const TOLERANCE = 3e-4; // of the evidence
const ROUGH = 6; // nats
const LOG_AREA = -9;
const MAX_LEVELS = 25;
const MOST_TILES = 4000;
const SHARED = 0.5; // the least width of a tile that many images need
const CLOSE = 0.005; // nats: a finer error of the picture is not seen
export const SIDE = 12; // pixels along each side of a tile's picture

const RULE = legendre(NODES);
const LOG_WEIGHTS = RULE.weights.flatMap((a) => RULE.weights.map((b) => Math.log(a * b)));
const HALF = SIDE / 2; // pixels along each side of a quarter
const TO_CENTRES = sharesAt(RULE.nodes, Array.from({ length: HALF }, (_, i) => (i + 0.5) / HALF));
const errorOf = errorOfLines(RULE.nodes, 2);
const CENTRES = Array.from({ length: SIDE }, (_, i) => (i + 0.5) / SIDE);

/** The decoder changes too fast with z for any grid. */
export class EvidenceError extends Error {
  constructor() {
    super("This decoder changes too fast with z for the grid: its log p(x) cannot be computed.");
  }
}

/** log p(x) = log int p(x|z) p(z) dz. Rejects with an EvidenceError. @param {Joint} joint @returns {Promise<Evidence>} */
export async function evidence(joint) {
  const first = await firstTiles(joint);
  let [missed, logEvidence, logError, taken] = [first.logMissed, -Infinity, -Infinity, 0];
  /** @type {Leaf[]} */
  const leaves = [];
  let tiles = await measured(joint, first.tiles);
  let total = logSum(tiles.map(({ mass }) => mass));
  for (let level = 0; level < MAX_LEVELS && tiles.length; level++) {
    const [large, small] = split(tiles, ({ most }) => most > total - NEGLIGIBLE);
    missed = logAdd(missed, ...small.map(({ most }) => most));
    taken += 4 * large.length;
    if (taken > MOST_TILES) throw new EvidenceError();
    const families = await quartered(joint, large);
    total = logAdd(logEvidence, ...families.map(({ fine }) => fine));
    const [done, rest] = split(families, (family) => isFine(family, total));
    leaves.push(...done.filter(({ fine }) => fine > total - NEGLIGIBLE).map(({ tile, quarters }) => ({ ...tile, quarters })));
    logEvidence = logAdd(logEvidence, ...done.map(({ fine }) => fine));
    logError = logAdd(logError, ...done.map((family) => Math.log(changeOf(family, total)) + total));
    tiles = rest.flatMap(({ quarters }) => quarters);
  }
  // Tiles that no level resolved are added to the evidence and to its error.
  const left = tiles.map(({ mass }) => mass);
  logEvidence = logAdd(logEvidence, ...left);
  const error = Math.exp(logAdd(logError, ...left) - logEvidence) + first.rounding;
  if (!Number.isFinite(logEvidence + error)) throw new RangeError("log p(x) is not finite.");
  return { logEvidence, error, missed: Math.exp(missed - logEvidence), leaves };
}

/** A tile, its quarters, and the log of their mass together.
 * @typedef {{tile: Measured, quarters: Measured[], fine: number}} Family */

/** @param {Joint} joint @param {Measured[]} tiles @returns {Promise<Family[]>} */
async function quartered(joint, tiles) {
  const found = await measured(joint, tiles.flatMap(quarter));
  return tiles.map((tile, i) => {
    const quarters = found.slice(4 * i, 4 * i + 4);
    return { tile, quarters, fine: logSum(quarters.map(({ mass }) => mass)) };
  });
}

/** Whether a tile is fine enough, and its quarters can hide no peak that matters. @param {Family} family
 * @param {number} total */
function isFine(family, total) {
  const smooth = family.quarters.every(({ rise, most }) => rise < ROUGH || most < total - NEGLIGIBLE);
  return smooth && changeOf(family, total) < TOLERANCE;
}

/** The change of p(x) by quartering a tile, as a share. @param {Family} family @param {number} total */
function changeOf({ tile, fine }, total) {
  return Math.abs(Math.exp(fine - total) - Math.exp(tile.mass - total));
}

/** Tiles over a disc that holds the posterior, the log of the most mass outside, and the rounding error.
 * @param {Joint} joint */
async function firstTiles(joint) {
  const axis = Array.from({ length: 17 }, (_, i) => i / 16);
  const z = points({ low: [-4, -4], width: 8 }, axis);
  const logP = await joint.atKept("coarse", z);
  const likeliest = logP.indexOf(logP.reduce((most, each) => Math.max(most, each)));
  const logMissed = logP[likeliest] + LOG_AREA - NEGLIGIBLE;
  const radius = Math.sqrt(2 * (joint.highest - logMissed));
  if (!Number.isFinite(radius)) throw new RangeError("log p(x|z) is not finite.");
  const rounding = joint.rounding(z.subarray(2 * likeliest, 2 * likeliest + 2));
  return { tiles: discTiles(radius, WIDEST), logMissed, rounding };
}

/** @param {Joint} joint @param {Tile[]} tiles @returns {Promise<Measured[]>} */
async function measured(joint, tiles) {
  const found = [];
  for (const tile of tiles) {
    const z = points(tile, RULE.nodes);
    const logP = await (tile.width < SHARED ? joint.at(z) : joint.atKept(`${tile.width} ${tile.low}`, z));
    const logArea = 2 * Math.log(tile.width);
    const { most, rise } = between(logP);
    const mass = logSum(logP.map((each, i) => each + LOG_WEIGHTS[i])) + logArea;
    found.push({ ...tile, mass, most: most + logArea, rise, logP });
  }
  return found;
}

/** About the maximum of log p(x, z) between nodes, and its largest difference of neighbours.
 * @param {Float64Array} grid [NODES, NODES] */
function between(grid) {
  let [most, rise] = [-Infinity, 0];
  const compare = (/** @type {number} */ one, /** @type {number} */ other) => {
    const change = Math.abs(one - other);
    most = Math.max(most, Math.max(one, other) + change);
    rise = Math.max(rise, change);
  };
  for (let i = 0; i < NODES; i++) {
    for (let j = 0; j + 1 < NODES; j++) {
      compare(grid[NODES * i + j], grid[NODES * i + j + 1]);
      compare(grid[NODES * j + i], grid[NODES * (j + 1) + i]);
    }
  }
  return { most, rise };
}

/** The posterior p(z|x) = p(x, z) / p(x). @param {Joint} joint @param {Evidence} found @returns {Promise<Picture>} */
export async function picture(joint, { leaves, logEvidence }) {
  if (!leaves.length) throw new EvidenceError();
  const logDensity = new Float64Array(leaves.length * SIDE ** 2);
  for (const [i, leaf] of leaves.entries()) {
    const isSmooth = leaf.quarters.every(({ logP }) => errorOf(logP) < CLOSE);
    const logP = isSmooth ? centresOf(leaf) : await joint.at(points(leaf, CENTRES));
    logDensity.set(logP.map((each) => each - logEvidence), i * SIDE ** 2);
  }
  return { tiles: leaves, logDensity };
}

/** log p(x, z) at the centres of a leaf's pixels [SIDE, SIDE], from the nodes of its quarters. @param {Leaf} leaf */
function centresOf({ quarters }) {
  const found = new Float64Array(SIDE ** 2);
  for (const [k, { logP }] of quarters.entries()) {
    const corner = HALF * (SIDE * (k >> 1) + (k & 1));
    interpolated(TO_CENTRES, logP).forEach((line, i) => found.set(line, corner + SIDE * i));
  }
  return found;
}

/** The centres [P, 2], the widths [P] and the masses [P] of all pixels of a picture. @param {Picture} shown */
export function pixelsOf({ tiles, logDensity }) {
  const z = Float64Array.from(tiles.flatMap((tile) => [...points(tile, CENTRES)]));
  const width = logDensity.map((_, i) => tiles[Math.floor(i / SIDE ** 2)].width / SIDE);
  return { z, width, mass: logDensity.map((each, i) => Math.exp(each) * width[i] ** 2) };
}

/** @template T @param {T[]} all @param {(each: T) => boolean} chosen @returns {[T[], T[]]} */
function split(all, chosen) {
  return [all.filter(chosen), all.filter((each) => !chosen(each))];
}
