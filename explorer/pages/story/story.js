// The Story page: its scenes in their order. A new scene is a file and a line here.

import { mount } from "../../browser/ui/mount.js";
import { Frame } from "./frame.js";
import { scene as twoNumbers } from "./scenes/two_numbers.js";
import { scene as switchedOff } from "./scenes/switched_off.js";
import { scene as tooStrong } from "./scenes/too_strong.js";

/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").StoryData>} Component */

const SCENES = [twoNumbers, switchedOff, tooStrong];

export default mount((/** @type {Component} */ component) => new Frame(component, SCENES));
