/**
 * One selection for the whole page: clicks on what has a name select it, and whatever belongs to it is marked everywhere.
 *
 * @import {Selection, State} from "../types.js"
 */

import { marked } from "../figures/selection.js";
import { texts } from "../texts.js";
import { find, setText } from "./dom.js";

/** @param {HTMLElement} root @param {ReturnType<import("../shown.js").createStore>} store */
export function createSelection(root, store) {
  const chip = /** @type {HTMLButtonElement} */ (find("#selected"));
  chip.addEventListener("click", () => store.select(null));
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const found = picked(event.target);
    if (found) toggle(found);
  });

  /** @param {Selection} selection */
  function toggle(selection) {
    const now = store.get().selection;
    store.select(now?.kind === selection.kind && now.id === selection.id ? null : selection);
  }

  return {
    toggle,
    /** @param {State} state */
    show(state) {
      const { selection } = state;
      const { keys, nodes } = marked(state);
      chip.hidden = selection === null;
      if (selection) {
        setText(find(".selected-kind", chip), texts.selected[selection.kind]);
        setText(find(".selected-name", chip), selection.kind === "window" ? [...keys][0] : selection.id);
      }
      mark("#matrix tbody tr", (row) => keys.has(nameOf(row, ".key-name")));
      mark("#matrix .replica-head", (head) => nodes.has(head.title));
      mark("#map article.node", (card) => nodes.has(nameOf(card, ".node-name")));
      mark("#feed .feed-item", (item) => keys.has(item.dataset.key ?? ""));
      mark(".narration-step", (step) => looksAt(step, keys, nodes));
    },
  };

  /** @param {string} selector @param {(element: HTMLElement) => boolean} isMarked */
  function mark(selector, isMarked) {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector))) {
      element.classList.toggle("is-selected", isMarked(element));
    }
  }
}

/** What a click there selects. @param {Element} target @returns {Selection|null} */
function picked(target) {
  const key = target.closest("#matrix .key-name");
  if (key) return { kind: "key", id: key.getAttribute("title") ?? "" };
  const node = target.closest("#map .node-name");
  if (node) return { kind: "node", id: node.textContent ?? "" };
  const told = /** @type {HTMLElement|null} */ (target.closest("#feed [data-key]"));
  return told ? { kind: "key", id: told.dataset.key ?? "" } : null;
}

/** @param {Element} element @param {string} selector */
function nameOf(element, selector) {
  const named = element.querySelector(selector);
  return named?.getAttribute("title") ?? named?.textContent ?? "";
}

/** @param {HTMLElement} step @param {ReadonlySet<string>} keys @param {ReadonlySet<string>} nodes */
function looksAt(step, keys, nodes) {
  const look = (step.dataset.look ?? "").split(" ");
  return look.some((one) => nodes.has(one) || (one.startsWith("key:") && keys.has(one.slice(4))));
}
