// The buttons that choose a model: the weights, the KL switch, and the kept models.

import { element, pressOne } from "../../browser/ui/dom.js";
import { sameKind } from "../../browser/net/likelihood.js";
import { floorNote } from "../../browser/map/panel.js";

/** @typedef {import("../../wire.js").Model} Model */

export class Chooser {
  /** @param {HTMLElement} root @param {Model[]} models */
  constructor(root, models) {
    this.root = root;
    this.models = models;
    this.find(".lse-betas").replaceChildren(
      element("span", "", "β ="),
      ...models.filter(({ kept }) => !kept).map(buttonOf),
    );
    const kept = models.filter((model) => model.kept).map(buttonOf);
    this.find(".lse-kept").replaceChildren(element("span", "", "yours:"), ...kept);
    this.find(".lse-kept").hidden = !kept.length;
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** @param {string | undefined} name */
  named(name) {
    return this.models.find((model) => model.name === name);
  }

  /** The shipped model of the same data set that was trained from scratch with this weight. @param {Model} like
   * @param {number} beta */
  like(like, beta) {
    return this.models.find((model) => model.from_scratch && model.beta === beta && sameKind(model, like));
  }

  /** The target of the KL switch; none if the loss had no KL term. @param {Model} model */
  switched(model) {
    return model.has_encoder ? this.like(model, model.beta > 0 ? 0 : 1) : undefined;
  }

  /** @param {Model} model the current one */
  show(model) {
    const on = model.beta > 0;
    const button = /** @type {HTMLButtonElement} */ (this.find(".lse-switch"));
    button.setAttribute("aria-checked", String(on));
    button.disabled = !this.switched(model);
    this.find(".lse-switch-text").textContent = `KL term ${on ? "on" : "off"}`;
    pressOne(this.root.querySelectorAll("[data-model-name]"), ({ dataset }) => dataset.modelName === model.name);
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
