/**
 * The narration: one step at a time, by the run's clock until somebody steps by hand, or by keys (`keys.js`).
 * All steps lie in one place, so that the page does not move whichever is shown.
 *
 * @import {State} from "../types.js"
 */

import { dueStep, lookedAt } from "../figures/narration.js";
import { texts } from "../texts.js";
import { find, setAttribute, setText } from "./dom.js";

/**
 * @typedef {{nodes: ReadonlySet<string>, keys: ReadonlySet<string>}} Looked
 * @param {(looked: Looked) => void} onLook what the current step points at within the map and the matrix
 */
export function createNarration(onLook) {
  const root = document.getElementById("narration");
  if (!root) return { steps: 0, step() {}, show() {} };
  const items = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".narration-step")]);
  const steps = items.map(stepOf);
  const place = find(".narration-place", root);
  const follow = find("[data-follow]", root);
  const back = /** @type {HTMLButtonElement} */ (find("[data-back]", root));
  const next = /** @type {HTMLButtonElement} */ (find("[data-next]", root));
  let current = -1;
  let due = 0;
  let byHand = false;
  let nodeNames = "";

  /** @param {number} index */
  function go(index) {
    if (index < 0 || index >= steps.length) return;
    byHand = true;
    render(index);
  }

  /** @param {number} index */
  function render(index) {
    setAttribute(follow, "aria-pressed", String(!byHand));
    if (index === current) return;
    current = index;
    items.forEach((item, i) => item.classList.toggle("is-current", i === index));
    setText(place, texts.stepOf(index + 1, steps.length));
    back.disabled = index === 0;
    next.disabled = index === steps.length - 1;
    look();
  }

  function look() {
    const { parts, nodes, keys } = lookedAt(steps[current]?.look ?? [], new Set(nodeNames.split("\n")));
    for (const element of document.querySelectorAll(".is-pointed-at")) {
      element.classList.remove("is-pointed-at");
    }
    for (const part of parts) partOf(part)?.classList.add("is-pointed-at");
    onLook({ nodes, keys });
  }

  back.addEventListener("click", () => go(current - 1));
  next.addEventListener("click", () => go(current + 1));
  follow.addEventListener("click", () => {
    byHand = !byHand;
    render(byHand ? current : due);
  });
  return {
    steps: steps.length,
    /** @param {1|-1} change */
    step: (change) => go(current + change),
    /** @param {State} state @param {number} now_us */
    show(state, now_us) {
      if (!state.run) return;
      const now_s = (now_us - state.run.started_us) / 1e6;
      due = dueStep(steps, now_s, state.run.state === "finished");
      const names = state.nodes.map((node) => node.id).join("\n");
      if (names !== nodeNames) {
        nodeNames = names;
        look();
      }
      if (!byHand) render(due);
    },
  };
}

/** @param {HTMLElement} item @returns {import("../figures/narration.js").Step} */
function stepOf({ dataset }) {
  return {
    at_s: dataset.atS === undefined ? null : Number(dataset.atS),
    on: dataset.on ?? "",
    look: (dataset.look ?? "").split(" ").filter(Boolean),
  };
}

/** A part of the page: a panel, or one of the totals. @param {string} name */
function partOf(name) {
  if (name === "controls") return document.querySelector(".controls");
  return document.getElementById(name) ?? document.querySelector(`[data-total="${CSS.escape(name)}"]`);
}
