// Exports both maps: one picture, and the codes as a table.

import { canvasOf, SAVED_MARGIN, SHARPNESS } from "../../browser/ui/saving.js";

/** @typedef {import("../../browser/map/side.js").Side} Side */

const TITLE = 60; // pixels of the picture, above each map

/** Both maps next to each other under their names, with the lines between them.
 * @param {Side[]} sides @param {import("./link_lines.js").LinkLines} linkLines @returns {Promise<HTMLCanvasElement>} */
export async function pictureOfMaps(sides, linkLines) {
  const maps = await Promise.all(sides.map(({ pane }) => pictureOfMap(pane)));
  const canvas = document.createElement("canvas");
  canvas.width = maps.reduce((width, map) => width + map.width, 0);
  canvas.height = Math.max(...maps.map(({ height }) => height)) + TITLE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { style } = sides[0].pane.scene;
  context.fillStyle = style.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.text;
  context.font = `600 ${TITLE / 2}px ${style.font}`;
  sides.forEach(({ letter, choice }, i) => {
    const left = i * maps[0].width;
    context.fillText(`${letter}: ${choice.label}`, left + TITLE, (2 / 3) * TITLE);
    context.drawImage(maps[i], left, TITLE);
  });
  for (const line of linkLines.lines) {
    const ends = line.ends.map((end, i) => placeIn(end, i * maps[0].width, sides[i].pane.scene));
    drawLine(context, ends, line);
  }
  return canvas;
}

/** One map, with points painted at the picture's resolution: enlarged screen pixels would look like crosses.
 * @param {import("../../browser/map/pane.js").Pane} pane */
function pictureOfMap(pane) {
  pane.resize(SHARPNESS);
  const map = canvasOf(pane.scene.stage); // copies synchronously and renders later
  pane.resize();
  return map;
}

/** A place on a plot, in the picture. @param {{x: number, y: number}} end @param {number} left of its map
 * @param {import("../../browser/map/scene.js").Scene} scene */
function placeIn({ x, y }, left, { plot }) {
  const [right, down] = [plot.offsetLeft + x, plot.offsetTop + y].map((place) => SHARPNESS * (SAVED_MARGIN + place));
  return { x: left + right, y: TITLE + down };
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number}[]} ends
 * @param {import("./link_lines.js").Line} line */
function drawLine(context, [from, to], { colour, whole, outside }) {
  context.strokeStyle = colour;
  context.globalAlpha = whole ? 1 : 0.3;
  context.lineWidth = SHARPNESS * (whole ? 3 : 1);
  context.setLineDash(outside ? [2 * SHARPNESS, 5 * SHARPNESS] : []);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

const COLUMNS = ["mean z1", "mean z2", "sigma z1", "sigma z2", "reconstruction", "its unit", "KL in nats"];

/** One row per code: side, model, image, position and terms. @param {Side[]} sides
 * @returns {(string | number)[][]} */
export function codesOf(sides) {
  return [["side", "model", "image", "class", ...COLUMNS], ...sides.flatMap(rowsOfSide)];
}

/** @param {Side} side @returns {(string | number)[][]} */
function rowsOfSide({ letter, choice, pane: { loaded } }) {
  if (!loaded) return [];
  const { mean, stddev, reconstruction, kl, label } = loaded;
  const unit = choice.likelihood.unit;
  return Array.from(label, (digit, image) => {
    const [first, second] = [2 * image, 2 * image + 1];
    const place = [mean[first], mean[second], stddev[first], stddev[second]];
    return [letter, choice.label, image, choice.class_names[digit], ...place, reconstruction[image], unit, kl[image]];
  });
}
