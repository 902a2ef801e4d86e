/**
 * What all charts share: type, grid, margins, axes that nobody can drag. Pure.
 *
 * @import {Theme} from "../types.js"
 * @import {Range} from "./range.js"
 */

import { ticksOf } from "./range.js";

/** Of all charts over time, so that they stand exactly above one another. */
export const TIME_MARGIN = { l: 58, r: 20, t: 8, b: 26 };

/** The width of what is plotted. @param {number} width_px of the chart */
export function plotWidth(width_px) {
  return Math.max(1, width_px - TIME_MARGIN.l - TIME_MARGIN.r);
}

/**
 * @param {Theme} theme
 * @param {Record<string, unknown>} [more]
 * @returns {Record<string, unknown>}
 */
export function baseLayout(theme, more = {}) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font_family, size: theme.font_px, color: theme.muted },
    margin: TIME_MARGIN,
    showlegend: false,
    dragmode: false,
    hovermode: "x unified",
    hoverlabel: {
      bgcolor: theme.surface,
      bordercolor: theme.grid,
      font: { color: theme.text, size: theme.font_px },
    },
    ...more,
  };
}

/**
 * @param {Theme} theme
 * @param {Record<string, unknown>} [more]
 * @returns {Record<string, unknown>}
 */
export function axis(theme, more = {}) {
  return {
    fixedrange: true,
    zeroline: false,
    showline: false,
    ticks: "",
    gridcolor: theme.grid,
    automargin: false,
    ticklabeloverflow: "allow", // else Plotly measures every label in every frame
    ...more,
  };
}

/**
 * The axis of what is in sight, in seconds since the run began.
 *
 * @param {Theme} theme
 * @param {Range} range
 * @param {number} width_px of the plotting area
 */
export function timeAxis(theme, range, width_px) {
  const { values, texts } = ticksOf(range, width_px);
  return axis(theme, {
    range: [range.from_s, range.to_s],
    tickangle: 0,
    tickvals: values,
    ticktext: texts,
    hoverformat: ".1f",
    showgrid: true,
  });
}

/**
 * An axis from nothing to a top that grows in steps, with a tick at the top and in the middle.
 *
 * @param {Theme} theme
 * @param {number} top
 * @param {(value: number) => string} text
 */
export function risingAxis(theme, top, text) {
  const tickvals = [0, top / 2, top];
  return axis(theme, { range: [0, top * 1.06], tickvals, ticktext: tickvals.map(text) });
}

/** Text that Plotly is to take for nothing but text: names come from strangers. @param {string} text */
export function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** A ceiling for an axis that grows in steps (1, 2, 5 × 10^n), so that it does not tremble. @param {number} highest */
export function niceCeiling(highest, least = 1) {
  const wanted = Math.max(highest, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10;
  return step * power;
}
