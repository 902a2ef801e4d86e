/**
 * The instance chips of a node's card: one each, alive, starting or dead, with its epoch; alone, also the age of its lease.
 *
 * @import {InstanceView} from "../types.js"
 */

import { duration } from "../format.js";
import { texts } from "../texts.js";
import { find, h, setAttribute, setText } from "./dom.js";

const CHIPS_MAX = 4;
/** A lease this old is worth saying: the instance was not heard of for a while. */
const QUIET_MS = 1_500;

/** Those that are there or on their way. @param {InstanceView[]} instances */
export function running(instances) {
  return instances.filter((instance) => instance.state !== "dead");
}

/**
 * @param {Element} card
 * @param {InstanceView[]} instances
 * @param {string} [none] what there is to say where there is none
 */
export function showInstances(card, instances, none = texts.noInstance) {
  const list = find(".chips", card);
  const shown = instances.length > CHIPS_MAX ? instances.slice(0, CHIPS_MAX - 1) : instances;
  const hidden = instances.length - shown.length;
  const wanted = Math.max(1, shown.length + (hidden ? 1 : 0));
  while (list.childElementCount > wanted) list.lastElementChild?.remove();
  while (list.childElementCount < wanted) {
    list.append(h("li", "chip", [h("span", "chip-dot"), h("span", "chip-text"), h("span", "chip-age")]));
  }
  list.classList.toggle("is-many", shown.length > 2);
  if (!instances.length) return showChip(list.children[0], "none", none, "", none);
  shown.forEach((instance, index) => {
    const { id, state, epoch, age_ms, partitions } = instance;
    const title = texts.instanceTitle(id, texts.instanceState[state] ?? state, epoch, age_ms, partitions);
    const [text, age] = chipText(instance, instances.length);
    showChip(list.children[index], state, text, age, title);
  });
  if (hidden) {
    showChip(list.children[CHIPS_MAX - 1], "more", `+${hidden}`, "", texts.instances(instances.length));
  }
}

/** What is said, and what may be left out of a narrow card. @param {InstanceView} instance @param {number} count */
function chipText({ state, epoch, age_ms }, count) {
  if (epoch === 0) return [texts.instanceState[state] ?? state, ""];
  if (state !== "alive") {
    const word = texts.instanceState[state] ?? state;
    const isAgeTold = state === "dead" && count === 1 && age_ms > 0;
    return [`e${epoch}`, count > 2 ? "" : isAgeTold ? `${word} · ${duration(age_ms)}` : word];
  }
  const isAgeShown = count === 1 || (age_ms > QUIET_MS && count === 2);
  return [`e${epoch}`, isAgeShown ? `· ${duration(age_ms)}` : ""];
}

/** @param {Element} chip @param {string} state @param {string} text @param {string} age @param {string} title */
function showChip(chip, state, text, age, title) {
  setAttribute(chip, "data-state", state);
  setAttribute(chip, "title", title);
  setText(find(".chip-text", chip), text);
  setText(find(".chip-age", chip), age);
}
