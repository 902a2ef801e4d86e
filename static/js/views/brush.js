/**
 * What the pointer does on charts that share a clock: dragging across one zooms all of them, a double click lets go, and
 * wherever it points at, a hairline stands at the same time in all.
 *
 * @import {Range} from "../figures/range.js"
 */

import { plotWidth, TIME_MARGIN } from "../figures/base.js";
import { BRUSH_PX_MIN, brushed } from "../figures/range.js";
import { h } from "./dom.js";

/**
 * @param {HTMLElement[]} stages of the charts
 * @param {object} to
 * @param {() => Range} to.getRange what is in sight
 * @param {(isHeld: boolean) => void} to.onHold while somebody drags, nothing may move
 * @param {(range: Range|null) => void} to.onZoom `null` lets go
 */
export function createBrush(stages, { getRange, onHold, onZoom }) {
  const all = stages.map((stage) => {
    const hair = h("div", "chart-hair");
    const box = h("div", "chart-brush");
    hair.hidden = box.hidden = true;
    stage.append(hair, box);
    return { stage, hair, box };
  });

  /** @param {number|null} x_px within the stage */
  function showHair(x_px) {
    for (const { stage, hair } of all) {
      hair.hidden = x_px === null || x_px < TIME_MARGIN.l || x_px > stage.clientWidth - TIME_MARGIN.r;
      if (!hair.hidden) hair.style.left = `${x_px}px`;
    }
  }

  for (const { stage, box } of all) {
    /** @type {{id: number, from_px: number, range: Range, isBrush: boolean}|null} */
    let drag = null;
    const at = (/** @type {PointerEvent} */ event) => event.clientX - stage.getBoundingClientRect().left;
    const end = () => {
      if (drag?.isBrush) onHold(false);
      drag = null;
      box.hidden = true;
    };

    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      drag = { id: event.pointerId, from_px: at(event), range: getRange(), isBrush: false };
    });
    stage.addEventListener("pointermove", (event) => {
      const x_px = at(event);
      if (event.pointerType !== "touch") showHair(x_px);
      if (!drag || drag.id !== event.pointerId) return;
      if (!drag.isBrush && Math.abs(x_px - drag.from_px) >= BRUSH_PX_MIN) {
        drag.isBrush = true;
        drag.range = getRange();
        onHold(true);
        stage.setPointerCapture(event.pointerId);
      }
      if (!drag.isBrush) return;
      const inside = (/** @type {number} */ px) =>
        Math.min(stage.clientWidth - TIME_MARGIN.r, Math.max(TIME_MARGIN.l, px));
      const [left, right] = [drag.from_px, x_px].map(inside).sort((a, b) => a - b);
      box.hidden = false;
      box.style.left = `${left}px`;
      box.style.width = `${right - left}px`;
    });
    stage.addEventListener("pointerup", (event) => {
      const done = drag;
      const wasBrush = done?.isBrush ?? false;
      end();
      if (!done || !wasBrush) return;
      const [from_px, to_px] = [done.from_px, at(event)].map((px) => px - TIME_MARGIN.l);
      const range = brushed(from_px, to_px, plotWidth(stage.clientWidth), done.range);
      if (range) onZoom(range);
    });
    stage.addEventListener("pointercancel", end);
    stage.addEventListener("pointerleave", () => showHair(null));
    stage.addEventListener("dblclick", () => onZoom(null));
  }
}
