// The visitor's guesses: kept in this tab's memory and nowhere else, and printed on a sheet.

import { element } from "../../browser/ui/dom.js";
import { button } from "./kit.js";

/** @type {Map<number, import("./kit.js").Reveal>} by the number of the scene */
const guesses = new Map();

/** @param {number} scene @param {import("./kit.js").Reveal} reveal */
export function noteGuess(scene, reveal) {
  guesses.set(scene, reveal);
}

/** A table of all scenes, to be printed. @param {import("./frame.js").Scene[]} scenes */
export function guessesSheet(scenes) {
  const head = ["scene", "your guess", "the model", "apart by"].map((name) => element("th", "", name));
  const rows = scenes.map((scene) => rowOf(scene, guesses.get(scene.number)));
  const table = element("table", "lse-sheet", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  table.dataset.testid = "sheet";
  const note = "Your guesses are kept in this tab alone. They are gone when you close it.";
  return element("div", "lse-sheet-page", table, element("p", "lse-quiet", note), button("Print this sheet", () => window.print(), "lse-print"));
}

/** @param {import("./frame.js").Scene} scene @param {import("./kit.js").Reveal | undefined} reveal */
function rowOf({ number, name, claim }, reveal) {
  const title = element("th", "", element("b", "", `${number}. ${name}`), element("small", "", claim));
  const cells = reveal ? [reveal.guessed, reveal.found, reveal.distance] : ["not guessed yet", "", ""];
  return element("tr", "", title, ...cells.map((words) => element("td", "", words)));
}
