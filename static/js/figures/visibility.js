/**
 * t-visibility: the share of reads that were fresh by their time after the commit, measured, beside its prediction. Pure.
 *
 * @import {Figure, Theme} from "../types.js"
 *
 * @typedef {{after_ms: number, n: number, share: number, low: number, high: number, predicted: number}} VisibilityPoint
 *
 * @typedef {object} Visibility as the server's `pbs_beside` says it
 * @property {number} replicas
 * @property {number} read
 * @property {number} write
 * @property {number} reads
 * @property {VisibilityPoint[]} points by rising time
 * @property {{after_ms: number, share: number}[]} curve
 * @property {number} rmse
 * @property {number} error_max
 * @property {number} outside
 * @property {{measured: number|null, predicted: number}} t_999_ms
 * @property {string[]} left_out
 */

import { texts } from "../texts.js";
import { axis, baseLayout } from "./base.js";

const TICK_GAP_PX = 34;
const MARGIN = { l: 52, r: 14, t: 10, b: 46 };

/**
 * @param {Visibility} found
 * @param {Theme} theme
 * @param {number} width_px of the whole chart
 * @returns {Figure}
 */
export function visibilityFigure({ points, curve }, theme, width_px) {
  const place = placeOf(points);
  const last = place(Math.max(points[points.length - 1].after_ms, curve[curve.length - 1].after_ms));
  const [, prediction, measured] = theme.series;
  const lowest = Math.min(...points.map((point) => point.low), ...curve.map((point) => point.share));
  const ticks = ticksIn(points, place, last, width_px - MARGIN.l - MARGIN.r);
  return {
    data: [
      {
        type: "scatter",
        mode: "lines",
        name: texts.visibility.predicted,
        x: curve.map((point) => place(point.after_ms)),
        y: curve.map((point) => 100 * point.share),
        line: { color: prediction, width: 2.5, dash: "dash" },
        hoverinfo: "skip",
      },
      {
        type: "scatter",
        mode: "markers",
        name: texts.visibility.measured,
        x: points.map((point) => place(point.after_ms)),
        y: points.map((point) => 100 * point.share),
        error_y: {
          type: "data",
          symmetric: false,
          array: points.map((point) => 100 * (point.high - point.share)),
          arrayminus: points.map((point) => 100 * (point.share - point.low)),
          color: measured,
          thickness: 2,
          width: 5,
        },
        marker: { color: measured, size: 9 },
        customdata: points.map(({ after_ms, n, predicted }) => [after_ms, n, 100 * predicted]),
        hovertemplate: texts.visibility.hover,
      },
    ],
    layout: baseLayout(theme, {
      margin: MARGIN,
      hovermode: "closest",
      xaxis: axis(theme, {
        range: [-0.03 * last, 1.04 * last],
        tickvals: ticks.map(place),
        ticktext: ticks.map(String),
        tickangle: 0,
        title: { text: texts.visibility.axis, standoff: 8 },
      }),
      yaxis: axis(theme, {
        range: [Math.max(0, Math.floor(10 * lowest - 0.2) * 10), 102],
        ticksuffix: "%",
        nticks: 6,
      }),
    }),
    table: {
      columns: ["after_ms", "reads", "fresh", "low", "high", "predicted"],
      rows: points.map(({ after_ms, n, share, low, high, predicted }) => [
        after_ms,
        n,
        share,
        low,
        high,
        predicted,
      ]),
    },
    legend: [
      { label: texts.visibility.measured, color: measured },
      { label: texts.visibility.predicted, color: prediction, dash: "dash" },
    ],
  };
}

/** Where a time stands: log(1 + t / the first positive t), so that 0 has a place. @param {VisibilityPoint[]} points */
function placeOf(points) {
  const first = points.find((point) => point.after_ms > 0)?.after_ms ?? 1;
  return (/** @type {number} */ ms) => Math.log1p(ms / first);
}

/**
 * The measured times, and of those too close to be read only the first.
 *
 * @param {VisibilityPoint[]} points
 * @param {(ms: number) => number} place
 * @param {number} last
 * @param {number} width_px
 */
function ticksIn(points, place, last, width_px) {
  const gap = last * TICK_GAP_PX / Math.max(1, width_px);
  /** @type {number[]} */
  const ticks = [];
  for (const { after_ms } of points) {
    const shown = Number(after_ms.toPrecision(3));
    if (!ticks.length || place(shown) - place(ticks[ticks.length - 1]) >= gap) ticks.push(shown);
  }
  return ticks;
}
