// log p(x) and p(z|x) of one image by quadrature over z, on a grid that is fine where the posterior is narrow; the
// counterpart of models/evidence.py, which has the reasons, for one image at a time.

import { interpolated, sharesAt } from "./interpolation.js";
import { logAdd } from "./logs.js";
import { discTiles, points, quarter } from "./quadtree.js";
import { PLACES, integrate } from "./tile_quadrature.js";

/** @typedef {import("./joint.js").Joint} Joint */
/** @typedef {import("./quadtree.js").Tile} Tile */
/** logEvidence in nats, an estimate of its numerical error in nats, an upper bound on the share of p(x) left out, and the
 * tiles that hold all but 1e-3 of the posterior.
 * @typedef {{logEvidence: number, error: number, missed: number, leaves: Measured[]}} Evidence */
/** p(z|x) on tiles that do not overlap: low [T][2], width [T]; logDensity [T, SIDE, SIDE], log p(z|x) in nats at the
 * centre of each pixel, indexed [tile, z1, z2]. @typedef {{tiles: Tile[], logDensity: Float64Array}} Picture */
/** A tile, the integral of p(x, z) over it, and log p(x, z) at its nodes.
 * @typedef {Tile & import("./tile_quadrature.js").Integral & {logP: Float64Array}} Measured */

const WIDEST = 4;
const NEGLIGIBLE = 12; // nats
const TOLERANCE = 3e-4; // of the evidence
const LOG_AREA = -9;
const MAX_LEVELS = 25;
const MOST_TILES = 4000;
const SHARED = 0.5; // the least width of a tile that many images need
const CLOSE = 0.005; // nats: a smaller error is not seen where the posterior is densest
export const SIDE = 12; // pixels along each side of a tile's picture

const CENTRES = Array.from({ length: SIDE }, (_, i) => (i + 0.5) / SIDE);
const TO_CENTRES = sharesAt(PLACES, CENTRES);

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
  /** @type {Measured[]} */
  const leaves = [];
  let tiles = await measured(joint, first.tiles);
  for (let level = 0; level < MAX_LEVELS && tiles.length; level++) {
    const total = logAdd(logEvidence, ...tiles.map(({ logIntegral }) => logIntegral));
    const [large, small] = split(tiles, ({ most }) => most > total - NEGLIGIBLE);
    missed = logAdd(missed, ...small.map(({ most }) => most));
    const [fine, rest] = split(large, (tile) => uncertain(tile) < total + Math.log(TOLERANCE));
    leaves.push(...fine.filter(({ logIntegral }) => logIntegral > total - NEGLIGIBLE));
    logEvidence = logAdd(logEvidence, ...fine.map(({ logIntegral }) => logIntegral));
    logError = logAdd(logError, ...fine.map(uncertain));
    taken += 4 * rest.length;
    if (taken > MOST_TILES) throw new EvidenceError();
    tiles = await measured(joint, rest.flatMap(quarter));
  }
  // Tiles that no level resolved are added to the evidence and to its error.
  const left = tiles.map(({ logIntegral }) => logIntegral);
  logEvidence = logAdd(logEvidence, ...left);
  const error = Math.exp(logAdd(logError, ...left) - logEvidence) + first.rounding;
  if (!Number.isFinite(logEvidence + error)) throw new RangeError("log p(x) is not finite.");
  return { logEvidence, error, missed: Math.exp(missed - logEvidence), leaves };
}

/** The log of how much of p(x) is not known on a tile. @param {Measured} tile */
function uncertain({ logIntegral, error }) {
  return logIntegral + Math.log(error);
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
    const z = points(tile, PLACES);
    const logP = await (tile.width < SHARED ? joint.at(z) : joint.atKept(`${tile.width} ${tile.low}`, z));
    const logArea = 2 * Math.log(tile.width);
    const { logIntegral, most, error } = integrate(logP);
    found.push({ ...tile, logIntegral: logIntegral + logArea, most: most + logArea, error, logP });
  }
  return found;
}

/** The posterior p(z|x) = p(x, z) / p(x). @param {Joint} joint @param {Evidence} found @returns {Promise<Picture>} */
export async function picture(joint, { leaves, logEvidence }) {
  if (!leaves.length) throw new EvidenceError();
  const logDensity = new Float64Array(leaves.length * SIDE ** 2);
  const highest = leaves.map(({ logP }) => Math.max(...logP));
  const densest = Math.max(...highest);
  for (const [i, leaf] of leaves.entries()) {
    // The shade of a pixel is the root of its density.
    const isKnown = leaf.error * Math.exp((highest[i] - densest) / 2) < CLOSE;
    const logP = isKnown ? interpolated(TO_CENTRES, leaf.logP).flat() : await joint.at(points(leaf, CENTRES));
    logDensity.set(logP.map((each) => each - logEvidence), i * SIDE ** 2);
  }
  return { tiles: leaves, logDensity };
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
