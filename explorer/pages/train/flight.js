// Lets the codes of a map fly to those of another frame. The map keeps its window and its model until they have landed.

import { glide } from "../../browser/map/glide.js";

/** @param {import("../../browser/map/pane.js").Pane} pane @param {import("../../browser/map/loading.js").Loaded} goal
 * @param {number} duration in ms @returns {Promise<void>} when they have landed, or something else moves the map */
export function fly(pane, { mean, stddev, labelPositions }, duration) {
  const to = { points: mean, stddev, labelPositions, view: pane.place.view };
  pane.stop();
  pane.gliding = true;
  return new Promise((land) => {
    const stop = glide(pane.place, to, { codes: duration, camera: 0 }, (place, landed) => {
      pane.place = place;
      pane.paint();
      if (!pane.panes.state.z) pane.panes.decode(); // the handle flies with the code of its image
      if (landed) land();
    });
    pane.stopGlide = () => {
      stop();
      land();
    };
  });
}
