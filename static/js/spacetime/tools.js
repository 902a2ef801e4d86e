/** The diagram's tools: what is searched for and shown, the order within a node, zoom, and what they say. */

import { find, h, setText } from "../views/dom.js";
import { CHOICES } from "./filter.js";
import { spacetimeTexts as texts } from "./texts.js";

const TYPING_MS = 180;
const MARKS = [
  "applied",
  "operation",
  "effect",
  "lost",
  "doubled",
  "concurrent",
  "merge",
  "gone",
  "past",
  "future",
];

/**
 * @param {HTMLElement} root
 * @param {object} to
 * @param {(text: string, choice: string) => void} to.onFilter
 * @param {(by: "node"|"key") => void} to.onOrder
 * @param {(how: string) => void} to.onZoom "in", "out", "whole", "follow"
 */
export function createTools(root, { onFilter, onOrder, onZoom }) {
  const form = /** @type {HTMLFormElement} */ (find(".spacetime-tools", root));
  const text = /** @type {HTMLInputElement} */ (find("[name=find]", form));
  const choice = /** @type {HTMLSelectElement} */ (find("[name=show]", form));
  const order = /** @type {HTMLSelectElement} */ (find("[name=order]", form));
  const note = find(".spacetime-note", root);
  const empty = find(".spacetime-empty", root);
  const follow = /** @type {HTMLButtonElement} */ (find("[data-zoom=follow]", form));
  choice.append(...Object.keys(CHOICES).map((name) => option(name, texts.choices[name])));
  order.append(...Object.entries(texts.orders).map(([name, label]) => option(name, label)));
  find(".spacetime-legend", root).append(...MARKS.map((mark) => {
    const item = h("li", "", [
      h("span", `spacetime-mark is-${mark}`),
      texts.legend[/** @type {"past"} */ (mark)],
    ]);
    return item;
  }));
  find("canvas", root).setAttribute("aria-description", texts.help);
  find("canvas", root).setAttribute("title", "");

  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const filter = () => onFilter(text.value, choice.value);
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, TYPING_MS);
  });
  choice.addEventListener("change", filter);
  order.addEventListener("change", () => onOrder(order.value === "key" ? "key" : "node"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter();
  });
  for (const button of form.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => onZoom(button.getAttribute("data-zoom") ?? ""));
  }

  return {
    /** @param {string} words */
    note: (words) => setText(note, words),
    /** @param {string} title @param {string} words nothing: there is something to see */
    empty(title, words) {
      empty.hidden = !title;
      setText(find(".empty-title", empty), title);
      setText(find(".empty-text", empty), words);
    },
    /** @param {boolean} goesOn @param {boolean} isFollowing */
    following(goesOn, isFollowing) {
      follow.hidden = !goesOn;
      follow.setAttribute("aria-pressed", String(isFollowing));
    },
  };
}

/** @param {string} value @param {string} label */
function option(value, label) {
  const made = h("option", "", [label]);
  made.value = value;
  return made;
}
