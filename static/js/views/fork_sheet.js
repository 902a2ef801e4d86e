/** The sheet that asks what is to be otherwise in a fork; without its dialog (viewers, live runs) there is none. */

import { runTime } from "../format.js";
import { find, setText } from "./dom.js";

/** @param {() => number} elapsedUs the instant that is looked at, since the run began */
export function createForkSheet(elapsedUs) {
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById("fork"));
  const opener = document.querySelector("[data-fork-open]");
  if (!dialog || !opener) return;
  const kind = /** @type {HTMLSelectElement} */ (find("select[name=kind]", dialog));
  const at = /** @type {HTMLInputElement} */ (find("input[name=at_us]", dialog));

  /** Only the fields that this kind of change has. */
  function fit() {
    for (const field of /** @type {NodeListOf<HTMLElement>} */ (dialog?.querySelectorAll("[data-for]"))) {
      field.hidden = !field.dataset.for?.split(" ").includes(kind.value);
      for (const input of field.querySelectorAll("input, select")) {
        /** @type {HTMLInputElement} */ (input).disabled = field.hidden;
      }
    }
  }

  opener.addEventListener("click", () => {
    at.value = String(Math.round(elapsedUs()));
    setText(find(".fork-at", dialog), runTime(elapsedUs()));
    dialog.showModal();
  });
  find("[data-close]", dialog).addEventListener("click", () => dialog.close());
  kind.addEventListener("change", fit);
  fit();
}
