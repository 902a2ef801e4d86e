/**
 * How much of the run the charts show, as buttons: for whoever has no pointer to brush with, and to find back.
 *
 * @import {Range} from "../figures/range.js"
 */

import { runTime } from "../format.js";
import { SPANS_S } from "../figures/range.js";
import { texts } from "../texts.js";
import { h, setAttribute, setText } from "./dom.js";

/**
 * @param {HTMLElement} place
 * @param {object} to
 * @param {(span_s: number) => void} to.onSpan
 * @param {(factor: number) => void} to.onScale
 * @param {() => void} to.onUnzoom
 */
export function createZoomTools(place, { onSpan, onScale, onUnzoom }) {
  const spans = SPANS_S.map((span_s) => {
    const button = tool(texts.chart.spans[span_s], "", () => onSpan(span_s));
    return { span_s, button };
  });
  const zoomed = tool("", texts.chart.unzoom, onUnzoom);
  zoomed.classList.add("is-zoomed");
  place.replaceChildren(
    zoomed,
    ...spans.map(({ button }) => button),
    tool("\u2212", texts.chart.zoomOut, () => onScale(2)),
    tool("+", texts.chart.zoomIn, () => onScale(0.5)),
  );
  return {
    /** @param {Range|null} zoom @param {number} span_s */
    show(zoom, span_s) {
      zoomed.hidden = zoom === null;
      if (zoom) {
        const label = texts.chart.zoomed(runTime(zoom.from_s * 1e6), runTime(zoom.to_s * 1e6));
        setText(zoomed, `${label} \u00d7`);
        setAttribute(zoomed, "aria-label", `${label}. ${texts.chart.unzoom}`);
      }
      for (const { span_s: own, button } of spans) {
        setAttribute(button, "aria-pressed", String(zoom === null && own === span_s));
      }
    },
  };
}

/** @param {string} label @param {string} title @param {() => void} act */
function tool(label, title, act) {
  const button = h("button", "zoom-tool", [label]);
  button.type = "button";
  if (title) {
    button.title = title;
    button.setAttribute("aria-label", title);
  }
  button.addEventListener("click", act);
  return button;
}
