/**
 * The strip of totals.
 *
 * @import {Total} from "../figures/totals.js"
 */

import { find, setText } from "./dom.js";

/** @param {HTMLElement} root */
export function createTotals(root) {
  return {
    /** @param {Total[]} totals */
    show(totals) {
      for (const { id, label, text, note, is_hot } of totals) {
        const item = find(`[data-total="${id}"]`, root);
        if (label) setText(find(".total-label", item), label);
        setText(find(".total-value", item), text);
        setText(find(".total-note", item), note);
        item.classList.toggle("is-hot", is_hot);
      }
    },
  };
}
