/**
 * What all charts share: type, grid, margins, axes that nobody can drag. Pure.
 *
 * @import {Theme} from "../types.js"
 */

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
    margin: { l: 44, r: 10, t: 8, b: 26 },
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
    ...more,
  };
}

/**
 * The axis of the last `span` seconds up to `now`, in seconds since the run began.
 *
 * @param {Theme} theme
 * @param {number} now seconds since the run began
 * @param {number} span
 */
export function timeAxis(theme, now, span) {
  const to = Math.max(now, span);
  return axis(theme, {
    range: [to - span, to],
    tickangle: 0,
    dtick: span >= 60 ? 15 : 5,
    ticksuffix: " s",
    showgrid: false,
  });
}

/** A ceiling for an axis that grows in steps (1, 2, 5 × 10^n), so that it does not tremble. @param {number} highest */
export function niceCeiling(highest, least = 1) {
  const wanted = Math.max(highest, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10;
  return step * power;
}
