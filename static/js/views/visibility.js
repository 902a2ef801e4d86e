/**
 * How fresh reads were, beside the prediction: a part of what was found in a run of a quorum.
 *
 * @import {Visibility} from "../figures/visibility.js"
 */

import { visibilityFigure } from "../figures/visibility.js";
import { texts } from "../texts.js";
import { createChart } from "./chart.js";
import { h } from "./dom.js";
import { onThemeChange, readTheme } from "./theme.js";

const DRAW_EVERY_MS = 100;

/** @param {Visibility} found */
export function visibilityPart(found) {
  const about = texts.visibility.about(found);
  const plot = h("div", "chart-plot");
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", about);
  const part = h("div", "findings-part chart visibility", [
    h("div", "visibility-head", [h("h3", "", [texts.visibility.title]), h("ul", "chart-legend")]),
    plot,
    h("p", "finding-reason", [`${about} ${texts.visibility.reached(found.t_999_ms)}`]),
    ...(found.left_out.length ? [h("p", "findings-rest", [texts.visibility.leftOut(found.left_out)])] : []),
  ]);
  let theme = readTheme();
  const chart = createChart(part, (width_px) => visibilityFigure(found, theme, width_px), DRAW_EVERY_MS);
  onThemeChange(() => {
    theme = readTheme();
    chart.changed();
  });
  return part;
}
