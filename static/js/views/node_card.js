/**
 * The card of a node on the map: its name, its instances, how late it hears, and what is wrong with it.
 *
 * @import {NodeView} from "../types.js"
 */

import { duration } from "../format.js";
import { texts } from "../texts.js";
import { find, h, setAttribute, setText } from "./dom.js";

const LONG_NAME = 12;

/**
 * @param {NodeView} node
 * @param {boolean} isScalable
 * @param {(node: string, change: 1|-1) => void} onScale
 */
export function nodeCard(node, isScalable, onScale) {
  const foot = h("div", "node-foot", [
    h("span", "node-lag", [h("span", "node-lag-word", [texts.lag]), h("span", "node-lag-ms")]),
  ]);
  const name = h("button", "node-name", [node.id]);
  name.type = "button";
  const element = h("article", "node", [
    h("h3", "node-head", [name]),
    h("ul", "chips"),
    foot,
    h("span", "node-counts"),
    h("span", "node-fault"),
  ]);
  element.dataset.role = node.role;
  element.classList.toggle("is-replica", node.replica);
  element.classList.toggle("has-long-name", node.id.length >= LONG_NAME);
  element.title = `${node.id}: ${node.role}`;
  if (isScalable) {
    foot.append(h("div", "stepper", [
      step("−", texts.removeInstance(node.id), () => onScale(node.id, -1)),
      step("+", texts.addInstance(node.id), () => onScale(node.id, 1)),
    ]));
  }
  return element;
}

/** @param {string} sign @param {string} name @param {() => void} act */
function step(sign, name, act) {
  const button = h("button", "step", [sign]);
  button.type = "button";
  button.setAttribute("aria-label", name);
  button.title = name;
  button.addEventListener("click", act);
  return button;
}

/**
 * No step leads below no instance, nor to an instance that no partition is left for.
 *
 * @param {Element} element
 * @param {string} node
 * @param {number} instances
 * @param {number} partitions
 */
export function showSteps(element, node, instances, partitions) {
  const [less, more] = /** @type {NodeListOf<HTMLButtonElement>} */ (element.querySelectorAll(".step"));
  if (!less || !more) return;
  less.disabled = instances <= 0;
  more.disabled = instances >= partitions;
  setAttribute(less, "title", less.disabled ? texts.noneToRemove(node) : texts.removeInstance(node));
  setAttribute(more, "title", more.disabled ? texts.noneToAdd(node, partitions) : texts.addInstance(node));
}

/** @param {Element} element @param {number} lag_ms negative: none @param {{arrived: number, lost: number}|undefined} counted */
export function showLag(element, lag_ms, counted) {
  setText(find(".node-lag-ms", element), lag_ms < 0 ? "" : duration(lag_ms));
  const parts = counted ? [`${counted.arrived} in`, counted.lost ? texts.lostHere(counted.lost) : ""] : [];
  setText(find(".node-counts", element), parts.filter(Boolean).join(", "));
  element.classList.toggle("has-lost", Boolean(counted?.lost));
}

/** What is wrong with the node, or nothing. @param {Element} element @param {{text: string, stops: boolean}|undefined} trouble */
export function showTrouble(element, trouble) {
  setText(find(".node-fault", element), trouble?.text ?? "");
  element.classList.toggle("is-troubled", trouble !== undefined);
  element.classList.toggle("is-stopped", trouble?.stops ?? false);
}
