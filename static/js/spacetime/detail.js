/**
 * What is known of the selected event: its words, its causal past and future in numbers, and all that was recorded of it.
 *
 * @import {Trace} from "./trace.js"
 */

import { h, setText } from "../views/dom.js";
import { timed } from "./names.js";
import { spacetimeTexts as texts } from "./texts.js";

/** What the line of an observation has that the words have said already. */
const SAID = new Set(["index", "at_us", "node", "kind"]);
const VALUE_LENGTH_MAX = 600;
const LINE_LENGTH = 60;

/**
 * @param {HTMLElement} root
 * @param {{url: string, onClose: () => void}} to
 */
export function createDetail(root, { url, onClose }) {
  const title = h("p", "spacetime-detail-title");
  const known = h("p", "spacetime-detail-known");
  const list = h("dl", "spacetime-detail-list");
  const close = h("button", "button", [texts.letGo]);
  close.type = "button";
  close.addEventListener("click", onClose);
  const said = h("p", "visually-hidden");
  said.setAttribute("aria-live", "polite");
  root.after(said);
  root.append(h("div", "spacetime-detail-words", [title, known]), close, list);
  let shown = -1;

  /** @param {number} index @param {number} event */
  async function fill(index, event) {
    try {
      const response = await fetch(`${url}/${index}`, { headers: { Accept: "application/json" } });
      const line = await response.json();
      if (shown !== event) return;
      if (!response.ok) throw new Error(line.error);
      const rows = Object.entries(line).filter(([name, value]) => !SAID.has(name) && value !== "");
      list.replaceChildren(...rows.map(([name, value]) => {
        const [term, text] = worded(name, value);
        const row = h("div", "", [h("dt", "", [term]), h("dd", "", [text])]);
        row.classList.toggle("is-long", text.length > LINE_LENGTH);
        return row;
      }));
    } catch {
      if (shown === event) list.replaceChildren(h("div", "", [h("dd", "", [texts.detailFailed])]));
    }
  }

  return {
    /** @param {Trace} trace @param {number} event @param {string} cone */
    show(trace, event, cone) {
      root.hidden = false;
      setText(title, timed(trace, event));
      setText(known, cone);
      if (shown === event) return;
      shown = event;
      list.replaceChildren();
      fill(trace.first + event, event);
    },
    hide() {
      root.hidden = true;
      shown = -1;
    },
    /** For readers who hear the page. @param {string} words */
    say: (words) => setText(said, words),
  };
}

/** What is recorded under a name; of times that it is a time, and of which unit. @param {string} name @param {unknown} value */
export function worded(name, value) {
  if (name.endsWith("_us") && typeof value === "number") {
    return [name.slice(0, -"_us".length).replaceAll("_", " "), `${(value / 1e6).toFixed(6)} s`];
  }
  return [name.replaceAll("_", " "), short(typeof value === "string" ? value : JSON.stringify(value))];
}

/** @param {string} text */
function short(text) {
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}
