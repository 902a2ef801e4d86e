/** What every page has: the switch between the system's colours, light and dark. */

import { texts } from "./texts.js";
import { find } from "./views/dom.js";

const ORDER = ["auto", "light", "dark"];
const root = document.documentElement;
const button = find("#theme-toggle");

function current() {
  return root.dataset.theme ?? "auto";
}

function show() {
  button.setAttribute("aria-label", texts.theme[current()]);
  button.title = texts.theme[current()];
  button.dataset.theme = current();
}

button.addEventListener("click", () => {
  const next = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    if (next === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch {
    /* Storage is switched off: the choice lasts for this page. */
  }
  show();
});
show();
