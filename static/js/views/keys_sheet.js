/** The sheet that lists the keys: a dialog, opened by `?` or its button, closed by Escape. */

import { actionOf, KEYS } from "../keys.js";
import { texts } from "../texts.js";
import { find, h } from "./dom.js";

/** @param {HTMLDialogElement} dialog @param {HTMLElement} button @param {(action: string) => boolean} isUsed */
export function createKeysSheet(dialog, button, isUsed) {
  const groups = texts.keys.groups.map(({ title, actions }) => {
    const rows = KEYS.filter(({ action }) => actions.includes(action) && isUsed(action)).map(row);
    return rows.length ? h("section", "keys-group", [h("h3", "", [title]), h("dl", "", rows.flat())]) : "";
  }).filter(Boolean);
  find(".keys-groups", dialog).replaceChildren(...groups);
  button.addEventListener("click", toggle);
  find("[data-close]", dialog).addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  function toggle() {
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  return { toggle };
}

/**
 * From now on keys do what `acts` says. An action that is not there leaves its key to the browser; while a sheet is open,
 * only that which opens it is heard.
 *
 * @param {Record<string, () => void>} acts
 */
export function listenToKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const action = actionOf(event, event.target instanceof Element ? event.target : null);
    if (!acts[action] || (document.querySelector("dialog[open]") && action !== "help")) return;
    if (action !== "escape") event.preventDefault();
    acts[action]();
  });
}

/** @param {import("../keys.js").Key} key */
function row({ keys, action, shift }) {
  const caps = [...(shift ? ["Shift"] : []), keys[0]].map((name) =>
    h("kbd", "", [texts.keys.caps[name] ?? name.toUpperCase()])
  );
  return [h("dt", "", caps), h("dd", "", [texts.keys.actions[action]])];
}
