/**
 * What the pointer does on charts that share a clock: dragging across one zooms all of them, a double click lets go, and
 * wherever it points at, a hairline stands at the same time in all.
 *
 * @import {Range} from "../figures/range.js"
 */

import { plotWidth, TIME_MARGIN } from "../figures/base.js";
import { BRUSH_PX_MIN, brushed } from "../figures/range.js";
import { h } from "./dom.js";

const AFTER_MS = 300;

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

  /** @type {number} when the last one ended: the click that follows is none */
  let brushedMs = -Infinity;

  for (const { stage, box } of all) {
    const at = (/** @type {PointerEvent} */ event) => event.clientX - stage.getBoundingClientRect().left;
    stage.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") showHair(at(event));
    });
    stage.addEventListener("pointerleave", () => showHair(null));
    stage.addEventListener("dblclick", () => onZoom(null));
    stage.addEventListener("pointerdown", (event) => {
      if (event.button === 0) drag(stage, box, event.pointerId, at(event));
    });
  }

  /**
   * Follows one pointer until it is let go. It listens to the document: Plotly lays a cover over the page meanwhile.
   *
   * @param {HTMLElement} stage
   * @param {HTMLElement} box
   * @param {number} pointer
   * @param {number} from_px
   */
  function drag(stage, box, pointer, from_px) {
    const right_px = stage.clientWidth - TIME_MARGIN.r;
    const xOf = (/** @type {PointerEvent} */ event) => event.clientX - stage.getBoundingClientRect().left;
    const inside = (/** @type {number} */ px) => Math.min(right_px, Math.max(TIME_MARGIN.l, px));
    /** @type {Range|null} what was in sight when it became a brush */
    let range = null;

    /** @param {PointerEvent} event */
    function moved(event) {
      if (event.pointerId !== pointer) return;
      const x_px = xOf(event);
      if (!range && Math.abs(x_px - from_px) >= BRUSH_PX_MIN) {
        range = getRange();
        onHold(true);
      }
      if (!range) return;
      const [left, right] = [from_px, x_px].map(inside).sort((a, b) => a - b);
      box.hidden = false;
      box.style.left = `${left}px`;
      box.style.width = `${right - left}px`;
    }

    /** @param {PointerEvent} event */
    function released(event) {
      if (event.pointerId !== pointer) return;
      end();
      if (!range) return;
      const found = brushed(
        from_px - TIME_MARGIN.l,
        xOf(event) - TIME_MARGIN.l,
        plotWidth(stage.clientWidth),
        range,
      );
      if (found) onZoom(found);
    }

    /** @param {KeyboardEvent} event */
    function pressed(event) {
      if (event.key === "Escape" && range) end();
    }

    function end() {
      listening.abort();
      box.hidden = true;
      if (!range) return;
      brushedMs = performance.now();
      onHold(false);
    }

    const listening = new AbortController();
    const { signal } = listening;
    document.addEventListener("pointermove", moved, { signal });
    document.addEventListener("pointerup", released, { signal });
    document.addEventListener("pointercancel", end, { signal });
    document.addEventListener("keydown", pressed, { signal });
  }

  return {
    /** Whether a click now is the end of a brush. */
    isJustDone: () => performance.now() - brushedMs < AFTER_MS,
  };
}
