// The buttons that choose a model: the weights, the KL switch, and the kept models.

import { element, pressOne } from "../../browser/ui/dom.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { floorNote } from "../../browser/map/panel.js";

/** @typedef {import("../../wire.js").Model} Model */

export class Chooser {
  /** @param {HTMLElement} root @param {Model[]} models @param {import("../../browser/map/dial_model.js").Dials} dials */
  constructor(root, models, dials) {
    this.root = root;
    this.models = models;
    this.dials = dials;
    /** @type {Model | undefined} */
    this.lastWithKl = undefined;
    const [shipped, mine] = [false, true].map((kept) => models.filter((model) => model.kept === kept));
    const all = dials.all.map(({ data }) => ({ ...data.model, label: `${data.model.label}, every β` }));
    const [shippedDials, myDials] = [false, true].map((kept) => all.filter((model) => model.kept === kept));
    this.showGroup(".lse-betas", "trained for one β alone:", shipped.filter(({ from_scratch }) => from_scratch));
    const others = shipped.filter(({ from_scratch }) => !from_scratch);
    // Turning leads to the shipped dial too, as long as there is no other.
    this.showGroup(".lse-others", "other ways to train:", [...others, ...(myDials.length ? shippedDials : [])]);
    this.showGroup(".lse-kept", "yours:", [...mine, ...myDials]);
  }

  /** @param {string} selector @param {string} name @param {Model[]} members */
  showGroup(selector, name, members) {
    const group = this.find(selector);
    group.replaceChildren(element("span", "", name), ...members.map(buttonOf));
    group.hidden = !members.length;
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** The model of a button; that of a dial at the current KL weight. @param {string | undefined} name
   * @param {Model} current */
  named(name, { beta }) {
    const dial = name && this.dials.of({ name });
    return dial ? dial.named(`${name}@${beta || dial.data.low}`) : this.models.find((model) => model.name === name);
  }

  /** The shipped model of the same data set that was trained from scratch with this weight. @param {Model} like
   * @param {number} beta */
  like(like, beta) {
    return this.models.find((model) => model.from_scratch && model.beta === beta && sameKind(model, like));
  }

  /** The target of the KL switch: without the KL term, or back to the last model that had one; none if the loss had no
   * KL term. @param {Model} model */
  switched(model) {
    if (!model.has_encoder) return undefined;
    if (model.beta > 0) return this.like(model, 0);
    return this.lastWithKl && sameKind(this.lastWithKl, model) ? this.lastWithKl : this.like(model, 1);
  }

  /** @param {Model} model the current one */
  show(model) {
    const on = model.beta > 0;
    if (on && model.has_encoder) this.lastWithKl = model;
    const button = /** @type {HTMLButtonElement} */ (this.find(".lse-switch"));
    button.setAttribute("aria-checked", String(on));
    button.disabled = !this.switched(model);
    this.find(".lse-switch-text").textContent = `KL term ${on ? "on" : "off"}`;
    pressOne(this.root.querySelectorAll("[data-model-name]"), ({ dataset }) => dataset.modelName === model.name.split("@")[0]);
    this.find("[data-testid=story]").textContent = [model.story, floorNote(model)].filter(Boolean).join(" ");
  }
}

/** @param {Model} model */
function buttonOf({ name, label, beta, from_scratch }) {
  const button = element("button", "", from_scratch ? String(beta) : label);
  button.dataset.modelName = name;
  button.title = label;
  button.setAttribute("type", "button");
  return button;
}
