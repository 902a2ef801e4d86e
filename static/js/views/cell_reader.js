/**
 * Reads out a cell that is too small for its value: the whole of it, beside the cell that is pointed at or in focus.
 * One element for all cells; it is laid over the page and moves nothing.
 */

import { h, setText } from "./dom.js";

const GAP_PX = 6;

/** @param {HTMLElement} root within which cells with `data-full` lie */
export function createCellReader(root) {
  const reader = h("div", "cell-reader");
  reader.setAttribute("role", "tooltip");
  reader.id = "cell-reader";
  reader.hidden = true;
  root.append(reader);
  /** @type {HTMLElement|null} */
  let shown = null;

  /** @param {EventTarget|null} target */
  const show = (target) => {
    const cell = target instanceof Element ? target.closest("[data-full]") : null;
    if (!(cell instanceof HTMLElement)) return hide();
    shown?.removeAttribute("aria-describedby");
    shown = cell;
    cell.setAttribute("aria-describedby", reader.id);
    setText(reader, cell.dataset.full ?? "");
    reader.hidden = false;
    place(reader, cell);
    return undefined;
  };
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    reader.hidden = true;
  };
  root.addEventListener("pointerover", (event) => show(event.target));
  root.addEventListener("pointerleave", hide);
  root.addEventListener("focusin", (event) => show(event.target));
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  addEventListener("scroll", hide, { passive: true, capture: true });

  return {
    /** The cell's value may be another one by now. */
    refresh() {
      if (shown && shown.dataset.full === undefined) hide();
      else if (shown) setText(reader, shown.dataset.full ?? "");
    },
  };
}

/** Below the cell, or above it where there is no room; never over the page's edge. @param {HTMLElement} reader @param {Element} cell */
function place(reader, cell) {
  const at = cell.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = reader;
  const left = Math.max(GAP_PX, Math.min(at.left, innerWidth - width - GAP_PX));
  const below = at.bottom + GAP_PX;
  const top = below + height <= innerHeight ? below : Math.max(GAP_PX, at.top - GAP_PX - height);
  reader.style.setProperty("left", `${Math.round(left)}px`);
  reader.style.setProperty("top", `${Math.round(top)}px`);
}
