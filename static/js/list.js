/** The list of lessons and scenarios: shows only those in which all words of the filter occur. */

import { texts } from "./texts.js";
import { find, setText } from "./views/dom.js";

const form = find(".filter");
const field = /** @type {HTMLInputElement} */ (find("#filter"));
const found = find("#filter-found");
const entries = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-entry]"));
const groups = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-group]"));

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const entry of entries) {
    const text = (entry.textContent ?? "").toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
    count += Number(!entry.hidden);
  }
  for (const group of groups) group.hidden = !group.querySelector("[data-entry]:not([hidden])");
  setText(found, words.length ? texts.found(count) : "");
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", filter);
filter();
