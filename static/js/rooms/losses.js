/** Whose update lost to whom, newest first. */

import { h } from "../views/dom.js";
import { texts } from "./texts.js";

/** @param {HTMLElement} place @param {import("./types.js").LossView[]} losses */
export function drawLosses(place, losses) {
  const drawn = JSON.stringify(losses);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(
    ...losses.map((loss) => h("li", "", [texts.loss(loss), h("span", "muted", [` ${texts.lossAt(loss)}`])])),
  );
}
