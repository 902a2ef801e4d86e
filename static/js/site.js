/** What every page has: the switch between the system's colours, light and dark. */

import { texts } from "./texts.js";
import { find } from "./views/dom.js";

const root = document.documentElement;
const button = find("#theme-toggle");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
let isFirstClick = true;

function current() {
  return root.dataset.theme ?? "auto";
}

/**
 * The first click always changes what is shown. From then on: the system's, its opposite, the same as the system's but
 * held, and so on.
 */
function following() {
  const [same, opposite] = systemIsDark.matches ? ["dark", "light"] : ["light", "dark"];
  if (current() === "auto") return opposite;
  if (current() === opposite) return same;
  return isFirstClick ? opposite : "auto";
}

function show() {
  button.setAttribute("aria-label", texts.theme[current()]);
  button.title = texts.theme[current()];
  button.dataset.theme = current();
}

button.addEventListener("click", () => {
  const next = following();
  isFirstClick = false;
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
