/**
 * The sheet in which a key is found that the matrix has no row for; choosing one selects it on the whole page.
 *
 * @import {Selection, State} from "../types.js"
 */

import { keyList } from "../figures/key_list.js";
import { texts } from "../texts.js";
import { find, h, setText } from "./dom.js";

/**
 * @param {HTMLDialogElement} dialog
 * @param {{getState: () => State, onSelect: (selection: Selection) => void}} page
 */
export function createKeyList(dialog, { getState, onSelect }) {
  const search = /** @type {HTMLInputElement} */ (find("input", dialog));
  const list = find("ol", dialog);
  const note = find(".key-list-note", dialog);

  function draw() {
    const state = getState();
    const found = keyList(state, search.value);
    list.replaceChildren(...found.map(({ key, diverged, tone, said }) => {
      const swatch = h("span", "key-list-tone");
      swatch.dataset.tone = tone;
      const button = h("button", "key-list-entry", [
        swatch,
        h("span", "key-list-name", [key]),
        h("span", "key-list-said", [said]),
      ]);
      button.type = "button";
      button.classList.toggle("is-diverged", diverged);
      button.addEventListener("click", () => {
        dialog.close();
        onSelect({ kind: "key", id: key });
      });
      return h("li", "", [button]);
    }));
    const notes = [
      found.length ? "" : texts.keyList.none,
      state.keys_dropped ? texts.keyList.dropped(state.keys_dropped) : "",
    ];
    setText(note, notes.filter(Boolean).join(" "));
  }

  search.addEventListener("input", draw);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.querySelector("button")?.click();
  });
  find("[data-close]", dialog).addEventListener("click", () => dialog.close());

  return {
    open() {
      search.value = "";
      draw();
      dialog.showModal();
      search.focus();
    },
  };
}
