// p(z|x) as a heat map: square tiles of shades, painted for any window.

import { toPixels } from "../../browser/map/view.js";

/** @typedef {import("../../browser/map/view.js").View} View */
/** Squares that do not overlap, with corner low and width, each of side x side shades 0..255: [tile, z1, z2].
 * @typedef {{low: number[][], width: number[], side: number, shade: Uint8Array}} Tiles */
/** The shades on one even grid, row by row from its low corner, with a margin of one empty cell.
 * @typedef {{low: number[], cell: number, columns: number, rows: number, shade: Uint8Array}} HeatGrid */
/** Interpolation along one axis. first: the first pixel; for it and the next ones, the cell before and the share of the
 * distance to the next cell.
 * @typedef {{first: number, index: Int32Array, share: Float32Array}} Stations */

/** Paint the tiles over the image's content, with bilinear interpolation.
 * @param {ImageData} image square @param {View} view that it shows @param {Tiles} tiles
 * @param {import("../../browser/map/points.js").Rgb} colour of the full shade @param {number} strength 0..1 */
export function paintHeat(image, view, tiles, colour, strength) {
  const side = image.width;
  const pixel = (2 * view.half) / side;
  const grid = heatGrid(tiles, view, pixel);
  if (!grid) return;
  const { low, cell, columns, rows } = grid;
  const [left, bottom] = toPixels(view, side, low[0], low[1]);
  const [right, top] = toPixels(view, side, low[0] + columns * cell, low[1] + rows * cell);
  const across = stationsOf(left, right, side, (column) => (column + 0.5 - left) * (pixel / cell), columns);
  const upward = stationsOf(top, bottom, side, (row) => (bottom - row - 0.5) * (pixel / cell), rows);
  for (let y = 0; y < upward.index.length; y++) {
    const at = 4 * (side * (upward.first + y) + across.first);
    paintRow(image.data, at, grid, upward.index[y] * columns, upward.share[y], across, colour, strength);
  }
}

/** Fast, with typed arrays and one loop, because a broad posterior covers every pixel in every frame of a pan.
 * @param {Uint8ClampedArray} data @param {number} at @param {HeatGrid} grid @param {number} line where its row of the
 * grid begins @param {number} up @param {Stations} across @param {number[]} colour @param {number} strength */
function paintRow(data, at, { shade, columns }, line, up, { index, share }, [red, green, blue], strength) {
  for (let x = 0; x < index.length; x++, at += 4) {
    const value = between(shade, line + index[x], columns, share[x], up);
    if (value < 1) continue;
    const cover = (value / 255) * strength;
    data[at] += (red - data[at]) * cover;
    data[at + 1] += (green - data[at + 1]) * cover;
    data[at + 2] += (blue - data[at + 2]) * cover;
  }
}

/** For each pixel between both ends: the cell whose centre is before it, and the share of the distance to the next.
 * @param {number} from @param {number} to @param {number} side @param {(pixel: number) => number} cellAt
 * @param {number} cells @returns {Stations} */
function stationsOf(from, to, side, cellAt, cells) {
  const within = (/** @type {number} */ pixel) => {
    const at = cellAt(pixel) - 0.5;
    return at >= 0 && at < cells - 1;
  };
  let [first, end] = [Math.max(0, Math.floor(from)), Math.min(side, Math.ceil(to))];
  while (first < end && !within(first)) first++;
  while (end > first && !within(end - 1)) end--;
  const places = Float32Array.from({ length: end - first }, (_, i) => cellAt(first + i) - 0.5);
  return { first, index: Int32Array.from(places, Math.floor), share: places.map((place) => place - Math.floor(place)) };
}

/** @param {Uint8Array} shade @param {number} at @param {number} columns @param {number} along @param {number} up */
function between(shade, at, columns, along, up) {
  const below = shade[at] + (shade[at + 1] - shade[at]) * along;
  const above = shade[at + columns] + (shade[at + columns + 1] - shade[at + columns]) * along;
  return below + (above - below) * up;
}

/** The visible tiles as one grid, as fine as the finest tile, but not finer than the pixels.
 * @param {Tiles} tiles @param {View} view @param {number} pixel in units of z @returns {HeatGrid | null} */
function heatGrid(tiles, view, pixel) {
  const seen = seenTiles(tiles, view);
  if (!seen.length) return null;
  let cell = Math.min(...seen.map((tile) => tiles.width[tile])) / tiles.side;
  while (cell < pixel) cell *= 2;
  // Tiles come from repeated quartering, so every corner of a tile is a corner of the finest cells.
  const corner = tiles.low[seen[0]];
  const ends = [0, 1].map((axis) => {
    const from = Math.min(...seen.map((tile) => tiles.low[tile][axis]));
    const to = Math.max(...seen.map((tile) => tiles.low[tile][axis] + tiles.width[tile]));
    const centre = axis ? view.y : view.x;
    const cells = (/** @type {number} */ place) => (place - corner[axis]) / cell;
    const first = Math.floor(cells(Math.max(from, centre - view.half))) - 2;
    return [first, Math.ceil(cells(Math.min(to, centre + view.half))) + 2 - first];
  });
  const [[left, columns], [bottom, rows]] = ends;
  const low = [corner[0] + left * cell, corner[1] + bottom * cell];
  const grid = { low, cell, columns, rows, shade: new Uint8Array(columns * rows) };
  for (const tile of seen) fillIn(grid, tiles, tile);
  return grid;
}

/** @param {Tiles} tiles @param {View} view @returns {number[]} the indices of the tiles that intersect the window */
function seenTiles({ low, width }, { x, y, half }) {
  return [...width.keys()].filter((tile) => {
    const [z1, z2] = low[tile];
    const far = z1 > x + half || z2 > y + half || z1 + width[tile] < x - half || z2 + width[tile] < y - half;
    return !far;
  });
}

/** Cells up to the width of the tile's pixels get interpolated values. A wider cell gets the maximum of its pixels, so
 * that the narrowest peak is visible. @param {HeatGrid} grid @param {Tiles} tiles
 * @param {number} tile */
function fillIn(grid, { low, width, side, shade }, tile) {
  const own = shade.subarray(tile * side * side, (tile + 1) * side * side);
  const step = width[tile] / side;
  const spread = step > 1.5 * grid.cell;
  const [across, upward] = [0, 1].map((axis) => {
    const start = (low[tile][axis] - grid.low[axis]) / grid.cell;
    return spread ? cellsWithin(start, step / grid.cell, side) : pixelsWithin(start, step / grid.cell, side);
  });
  for (const [row, j, up] of upward) {
    if (row < 0 || row >= grid.rows) continue;
    for (const [column, i, along] of across) {
      if (column < 0 || column >= grid.columns) continue;
      const at = row * grid.columns + column;
      const value = spread ? between(own, i * side + j, side, up, along) : own[i * side + j];
      if (grid.shade[at] < value) grid.shade[at] = Math.min(255, value);
    }
  }
}

/** For each cell of a tile along one axis: the pixel before the cell's centre, and the share of the distance to the
 * next.
 * @param {number} start of the tile, in cells @param {number} step a pixel's width in cells @param {number} side
 * @returns {[number, number, number][]} */
function cellsWithin(start, step, side) {
  const first = Math.round(start);
  return Array.from({ length: Math.round(step * side) }, (_, cell) => {
    const at = (first + cell + 0.5 - start) / step - 0.5;
    const pixel = Math.min(side - 2, Math.max(0, Math.floor(at)));
    return [first + cell, pixel, at - pixel];
  });
}

/** For each pixel of a tile along one axis: its cell. @param {number} start of the tile, in cells
 * @param {number} step a pixel's width in cells @param {number} side @returns {[number, number, number][]} */
function pixelsWithin(start, step, side) {
  return Array.from({ length: side }, (_, pixel) => [Math.floor(start + (pixel + 0.5) * step), pixel, 0]);
}
