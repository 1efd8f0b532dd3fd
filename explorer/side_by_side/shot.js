// What the maps show, to keep: one picture of both, and the codes behind it as a table.

import { canvasOf } from "./saving.js";

/** @typedef {import("./side.js").Side} Side */

const TITLE = 60; // pixels of the picture, above each map

/** Both maps next to each other under their names. @param {Side[]} sides @returns {Promise<HTMLCanvasElement>} */
export async function pictureOfMaps(sides) {
  const maps = await Promise.all(sides.map(({ pane }) => canvasOf(pane.scene.stage)));
  const canvas = document.createElement("canvas");
  canvas.width = maps.reduce((width, map) => width + map.width, 0);
  canvas.height = maps[0].height + TITLE;
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
  return canvas;
}

/** One row an image: its class, and on each side its code and its terms. @param {Side[]} sides
 * @returns {(string | number)[][]} */
export function codesOf(sides) {
  const columns = (/** @type {Side} */ { letter, choice }) =>
    ["mean z1", "mean z2", "sigma z1", "sigma z2", "reconstruction in nats", "KL in nats"].map(
      (name) => `${letter} (${choice.label}): ${name}`,
    );
  const { loaded, subject } = sides[0].pane;
  const labels = loaded?.label ?? [];
  const shared = sides.filter(({ choice }) => choice.dataset === sides[0].choice.dataset);
  const body = Array.from(labels, (digit, image) => [
    image,
    subject.class_names[digit],
    ...shared.flatMap(({ pane }) => codeOf(pane, image)),
  ]);
  return [["image", "class", ...shared.flatMap(columns)], ...body];
}

/** @param {import("../latent_map/pane.js").Pane} pane @param {number} image @returns {(string | number)[]} */
function codeOf({ loaded }, image) {
  if (!loaded || image >= loaded.label.length) return Array(6).fill("");
  const { mean, stddev, reconstruction, kl } = loaded;
  const row = 2 * image;
  return [mean[row], mean[row + 1], stddev[row], stddev[row + 1], reconstruction[image], kl[image]];
}
