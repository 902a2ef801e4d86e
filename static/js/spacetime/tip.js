/** The words beside the pointer, inside the stage. */

import { setText } from "../views/dom.js";

const BESIDE_PX = 12;
const ROOM_ABOVE_PX = 56;

/** @param {HTMLElement} root */
export function createTip(root) {
  return {
    /** @param {string} text nothing hides it @param {number} x @param {number} y @param {number} width of the stage */
    show(text, x, y, width) {
      root.hidden = !text;
      setText(root, text);
      if (!text) return;
      const room = width - root.offsetWidth - 8;
      root.style.setProperty("left", `${Math.max(8, Math.min(room, x + BESIDE_PX))}px`);
      root.style.setProperty(
        "top",
        `${y < ROOM_ABOVE_PX ? y + 16 : y - root.offsetHeight - BESIDE_PX}px`,
      );
    },
  };
}
