/**
 * How long divergence windows are: a histogram on a logarithmic axis, with its quantiles; windows that are still open
 * stand on top, each where it has got to. Pure.
 *
 * @import {Lengths, Theme, WindowView, Figure} from "../types.js"
 */

import { count, duration, shortDuration } from "../format.js";
import { texts } from "../texts.js";
import { axis, baseLayout, niceCeiling, risingAxis } from "./base.js";

/** As in `consistency_viz/live/frames.py`. */
export const LENGTHS_PER_DECADE = 6;
const TICK_PX = 58;
const QUANTILES = /** @type {const} */ ([["p50", "ms_p50"], ["p95", "ms_p95"], ["p99", "ms_p99"]]);
const DASHES = ["solid", "dash", "dot"];
const LABEL_PX = 15;

/** The bucket of a length. @param {number} us at least 1 */
export function bucketOf(us) {
  return Math.floor(LENGTHS_PER_DECADE * Math.log10(us) + 1e-9);
}

/**
 * @param {object} given
 * @param {Lengths} given.lengths of the closed ones
 * @param {WindowView[]} given.windows of which the open ones count
 * @param {number} given.now_us
 * @param {number} given.width_px of the chart
 * @param {Theme} theme
 * @returns {Figure}
 */
export function lengthsFigure({ lengths, windows, now_us, width_px }, theme) {
  const open = openBuckets(windows, now_us);
  const buckets = [...new Set([...lengths.counts.map(([bucket]) => bucket), ...open.keys()])];
  const { first, last } = around(buckets);
  const closed = new Map(lengths.counts);
  const all = buckets.sort((a, b) => a - b);
  const highest = Math.max(0, ...all.map((bucket) => (closed.get(bucket) ?? 0) + (open.get(bucket) ?? 0)));
  const title = (/** @type {number} */ bucket) =>
    `${duration(msOf(bucket))} ${texts.chart.to} ${duration(msOf(bucket + 1))}`;
  const bars = (
    /** @type {Map<number, number>} */ of,
    /** @type {string} */ name,
    /** @type {string} */ color,
  ) => {
    const own = all.filter((bucket) => of.has(bucket));
    return {
      type: "bar",
      name,
      x: own.map((bucket) => bucket + 0.5),
      y: own.map((bucket) => of.get(bucket) ?? 0),
      width: 0.9,
      marker: { color, line: { width: 0 } },
      hovertext: own.map((bucket) => `${title(bucket)}: ${count(of.get(bucket) ?? 0)} ${name}`),
      hoverinfo: "text",
    };
  };
  const ticks = ticksOf(first, last, width_px);
  return {
    data: [
      bars(closed, texts.chart.closed, theme.accent),
      bars(open, texts.chart.stillOpen, theme.hot),
    ],
    layout: baseLayout(theme, {
      barmode: "stack",
      hovermode: "closest",
      margin: { l: 44, r: 14, t: 8 + LABEL_PX * QUANTILES.length, b: 26 },
      ...quantileMarks(lengths, theme),
      xaxis: axis(theme, {
        range: [first - 0.5, last + 1.5],
        tickvals: ticks,
        ticktext: ticks.map((bucket) => shortDuration(significant(msOf(bucket), 2))),
        tickangle: 0,
        showgrid: false,
      }),
      yaxis: risingAxis(
        theme,
        niceCeiling(highest, 2),
        (value) => Number.isInteger(value) ? count(value) : "",
      ),
    }),
    legend: [
      { label: texts.chart.closed, color: theme.accent },
      { label: texts.chart.stillOpen, color: theme.hot },
    ],
    table: {
      columns: ["from_ms", "to_ms", "closed", "still_open"],
      rows: all.map((bucket) => [
        significant(msOf(bucket)),
        significant(msOf(bucket + 1)),
        closed.get(bucket) ?? 0,
        open.get(bucket) ?? 0,
      ]),
    },
    isEmpty: !all.length,
  };
}

/** @param {WindowView[]} windows @param {number} now_us */
function openBuckets(windows, now_us) {
  /** @type {Map<number, number>} */
  const found = new Map();
  for (const { view, from_us, to_us } of windows) {
    if (view !== "value" || to_us !== null) continue;
    const bucket = bucketOf(Math.max(1, now_us - from_us));
    found.set(bucket, (found.get(bucket) ?? 0) + 1);
  }
  return found;
}

/** A line and a label for each quantile that the data reach; the labels hang from three lines. @param {Lengths} lengths @param {Theme} theme */
function quantileMarks(lengths, theme) {
  const reached = QUANTILES.flatMap(([name, field], line) => {
    const ms = lengths[field];
    return ms === null
      ? []
      : [{ name, line, ms, x: LENGTHS_PER_DECADE * Math.log10(Math.max(1, ms * 1000)) }];
  });
  return {
    shapes: reached.map(({ x, line }) => ({
      type: "line",
      xref: "x",
      yref: "paper",
      x0: x,
      x1: x,
      y0: 0,
      y1: 1,
      line: { color: theme.text, width: 1.5, dash: DASHES[line] },
    })),
    annotations: reached.map(({ name, ms, x, line }) => ({
      text: `${name} ${duration(ms)}`,
      xref: "x",
      yref: "paper",
      x,
      y: 1,
      xanchor: x > LENGTHS_PER_DECADE * 5.5 ? "right" : "left",
      yanchor: "bottom",
      yshift: LABEL_PX * (QUANTILES.length - 1 - line),
      showarrow: false,
      font: { color: theme.text, size: theme.font_px },
    })),
  };
}

/** The buckets in sight: those that have something, and at least two decades. @param {number[]} buckets */
function around(buckets) {
  const [low, high] = buckets.length ? [Math.min(...buckets), Math.max(...buckets)] : [18, 30];
  const missing = Math.max(0, 2 * LENGTHS_PER_DECADE - (high - low));
  return { first: low - Math.ceil(missing / 2), last: high + Math.floor(missing / 2) };
}

/** Where 1 and, if there is room, 3 times a power of ten are. @param {number} first @param {number} last @param {number} width_px */
function ticksOf(first, last, width_px) {
  const isWide = width_px / (last - first + 2) * LENGTHS_PER_DECADE > 2 * TICK_PX;
  const decades = [];
  for (let n = Math.floor(first / LENGTHS_PER_DECADE); n * LENGTHS_PER_DECADE <= last + 1; n += 1) {
    decades.push(n);
  }
  return decades
    .flatMap((n) => (isWide ? [1, 3] : [1]).map((factor) => LENGTHS_PER_DECADE * (n + Math.log10(factor))))
    .filter((x) => x >= first - 0.5 && x <= last + 1.5);
}

/** Where a bucket begins. @param {number} bucket */
function msOf(bucket) {
  return 10 ** (bucket / LENGTHS_PER_DECADE) / 1000;
}

/** @param {number} value @param {number} [digits] */
function significant(value, digits = 4) {
  return Number(value.toPrecision(digits));
}

/** How the distribution is told to who cannot see it. @param {Lengths} lengths @param {number} open */
export function lengthsInWords(lengths, open) {
  const closed = lengths.counts.reduce((sum, [, n]) => sum + n, 0);
  return texts.chart.lengths(closed, open, duration(lengths.ms_p50), duration(lengths.ms_p99));
}
