// The dial of the KL weight, as a control: which weights it has and which of them are named.

import { element } from "../ui/dom.js";
import { LogDial } from "../ui/log_dial.js";

/** @param {HTMLElement} root is filled @param {import("../../wire.js").Dial} dial @param {AbortSignal} signal
 * @param {(beta: number, final: boolean) => void} turn see LogDial */
export function dialTrack(root, { betas, dedicated }, signal, turn) {
  const scale = { name: "β", values: [0, ...betas], marks: dedicated.map(({ beta }) => beta) };
  const track = element("div", "lse-dial-box");
  root.replaceChildren(track);
  root.hidden = false;
  return new LogDial(track, scale, signal, turn);
}
