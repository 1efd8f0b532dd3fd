// Square tiles of the plane of z that are quartered where an image needs it; the counterpart of models/quadtree.py.

/** A square of the plane, from low to low + width. @typedef {{low: [number, number], width: number}} Tile */

/** Tiles over a disc around the origin. None is wider than ``widest`` or its distance from the origin, whichever is
 * larger. @param {number} radius @param {number} widest @returns {Tile[]} */
export function discTiles(radius, widest) {
  const half = 2 ** Math.ceil(Math.log2(radius));
  /** @type {Tile[]} */
  const done = [];
  /** @type {Tile[]} */
  let tiles = [{ low: [-half, -half], width: 2 * half }];
  while (tiles.length) {
    const wide = tiles.filter((tile) => tile.width > Math.max(widest, distance(tile)));
    done.push(...tiles.filter((tile) => !wide.includes(tile) && distance(tile) < radius));
    tiles = wide.flatMap(quarter);
  }
  return done;
}

/** @param {Tile} tile @returns {Tile[]} */
export function quarter({ low: [z1, z2], width }) {
  const half = width / 2;
  const corner = (/** @type {number} */ a, /** @type {number} */ b) => {
    return { low: /** @type {[number, number]} */ ([z1 + a * half, z2 + b * half]), width: half };
  };
  return [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
}

/** The grid with coordinates ``place`` [n], from 0 to 1, on a tile: [n^2, 2], z2 varies fastest.
 * @param {Tile} tile @param {number[]} place @returns {Float64Array} */
export function points({ low, width }, place) {
  const z = new Float64Array(2 * place.length ** 2);
  let at = 0;
  for (const first of place) {
    for (const second of place) {
      z[at++] = low[0] + width * first;
      z[at++] = low[1] + width * second;
    }
  }
  return z;
}

/** From the origin to the nearest point of a tile. @param {Tile} tile */
function distance({ low, width }) {
  return Math.hypot(...low.map((start) => Math.max(0, start, -start - width)));
}
