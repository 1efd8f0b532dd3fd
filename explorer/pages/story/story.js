// The Story page: its scenes in their order. A new scene is a file and a line here.

import { mount } from "../../browser/ui/mount.js";
import { Frame } from "./frame.js";
import { scene as twoNumbers } from "./scenes/two_numbers.js";
import { scene as whatIsLost } from "./scenes/what_is_lost.js";
import { scene as cloud } from "./scenes/cloud.js";
import { scene as switchedOff } from "./scenes/switched_off.js";
import { scene as tooStrong } from "./scenes/too_strong.js";
import { scene as drawFromIt } from "./scenes/draw_from_it.js";
import { scene as sumOverZ } from "./scenes/sum_over_z.js";
import { scene as bound } from "./scenes/bound.js";
import { scene as oneEncoder } from "./scenes/one_encoder.js";

/** @typedef {import("../../browser/ui/mount.js").Component<import("../../wire.js").StoryData>} Component */

const SCENES = [twoNumbers, whatIsLost, cloud, switchedOff, tooStrong, drawFromIt, sumOverZ, bound, oneEncoder];

export default mount((/** @type {Component} */ component) => new Frame(component, SCENES));
