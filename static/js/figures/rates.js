/**
 * The charts of seconds: lag of each service, what clients wait, availability, and messages. Pure.
 *
 * @import {FaultView, Second, Theme, Figure} from "../types.js"
 * @import {Range} from "./range.js"
 *
 * @typedef {object} View
 * @property {Range} range
 * @property {number} width_px of the plotting area
 * @property {number} started_us
 * @property {number} now_us
 * @property {FaultView[]} [faults]
 */

import { count, percent, shortDuration } from "../format.js";
import { texts } from "../texts.js";
import { baseLayout, niceCeiling, risingAxis, timeAxis } from "./base.js";
import { faultShades } from "./faults.js";

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

/**
 * The seconds in sight, and one more at either side, so that lines reach the edges. The last one is left out while it
 * still goes on: half a second is not half the rate.
 *
 * @param {Second[]} seconds
 * @param {Range} range
 * @param {number} now_s
 * @param {boolean} isRunning
 */
export function secondsInSight(seconds, { from_s, to_s }, now_s, isRunning) {
  const end = isRunning ? Math.floor(now_s) : Infinity;
  return seconds.filter(({ second }) => second >= from_s - 1 && second <= to_s + 1 && second < end);
}

/**
 * @param {Second[]} seconds
 * @param {View} view
 * @param {Theme} theme
 * @returns {Figure}
 */
export function throughputFigure(seconds, view, theme) {
  const x = middles(seconds);
  const highest = Math.max(
    0,
    ...seconds.flatMap(({ sent, delivered, dropped }) => [sent, delivered, dropped]),
  );
  const [sent, delivered] = theme.series;
  return {
    data: [
      {
        type: "bar",
        name: texts.chart.dropped,
        x,
        y: seconds.map((second) => second.dropped),
        width: 0.8,
        marker: { color: theme.bad, line: { width: 0 } },
      },
      line(texts.chart.sent, x, seconds.map((second) => second.sent), sent, "dot"),
      line(texts.chart.delivered, x, seconds.map((second) => second.delivered), delivered),
    ],
    layout: secondsLayout(view, niceCeiling(highest, 10), count, theme),
    legend: [
      { label: texts.chart.sent, color: sent, dash: "dot" },
      { label: texts.chart.delivered, color: delivered },
      { label: texts.chart.dropped, color: theme.bad },
    ],
    table: {
      columns: ["second", "sent", "delivered", "dropped"],
      rows: seconds.map(({ second, sent, delivered, dropped }) => [second, sent, delivered, dropped]),
    },
    isEmpty: !highest,
  };
}

/**
 * @param {Second[]} seconds
 * @param {string[]} nodes in the map's order: a node keeps its colour and dash
 * @param {View} view
 * @param {Theme} theme
 * @returns {Figure}
 */
export function lagFigure(seconds, nodes, view, theme) {
  const x = middles(seconds);
  const lines = nodes.flatMap((node, index) => {
    const y = seconds.map((second) => second.lag_ms[node] ?? null);
    if (y.every((value) => value === null)) return [];
    const color = theme.series[index % theme.series.length];
    return [{ node, y, color, dash: DASHES[index % DASHES.length] }];
  });
  const highest = Math.max(0, ...lines.flatMap(({ y }) => y.map((value) => value ?? 0)));
  return {
    data: lines.map(({ node, y, color, dash }) => line(node, x, y, color, dash, " ms")),
    layout: secondsLayout(view, niceCeiling(highest, 10), shortDuration, theme),
    legend: lines.map(({ node, color, dash }) => ({ label: node, color, dash })),
    table: {
      columns: ["second", ...lines.map(({ node }) => `${node}_ms`)],
      rows: seconds.map(({ second }, index) => [second, ...lines.map(({ y }) => y[index])]),
    },
    isEmpty: !lines.length,
  };
}

/**
 * @param {Second[]} seconds
 * @param {View} view
 * @param {Theme} theme
 * @returns {Figure}
 */
export function latencyFigure(seconds, view, theme) {
  const x = middles(seconds);
  const p50 = seconds.map((second) => second.latency_ms_p50);
  const p99 = seconds.map((second) => second.latency_ms_p99);
  const highest = Math.max(0, ...p99.map((value) => value ?? 0), ...p50.map((value) => value ?? 0));
  const [, median, tail] = theme.series;
  return {
    data: [
      line(texts.chart.p99, x, p99, tail, "dot", " ms"),
      line(texts.chart.p50, x, p50, median, "solid", " ms"),
    ],
    layout: secondsLayout(view, niceCeiling(highest, 10), shortDuration, theme),
    legend: [
      { label: texts.chart.p50, color: median },
      { label: texts.chart.p99, color: tail, dash: "dot" },
    ],
    table: {
      columns: ["second", "p50_ms", "p99_ms"],
      rows: seconds.map(({ second }, index) => [second, p50[index], p99[index]]),
    },
    isEmpty: p99.every((value) => value === null),
  };
}

/**
 * The share of the operations that ended in each second that succeeded; what is missing to all hangs from the top.
 *
 * @param {Second[]} seconds
 * @param {View} view
 * @param {Theme} theme
 * @returns {Figure}
 */
export function availabilityFigure(seconds, view, theme) {
  const x = middles(seconds);
  const share = seconds.map(({ ok, completed }) => completed ? ok / completed : null);
  const [, good] = theme.series;
  return {
    data: [
      {
        type: "bar",
        name: texts.chart.notOk,
        x,
        base: share.map((value) => value === null ? null : 100 * value),
        y: share.map((value) => value === null ? null : 100 * (1 - value)),
        width: 0.8,
        marker: { color: theme.bad, line: { width: 0 } },
        hoverinfo: "skip",
      },
      {
        ...line(texts.chart.ok, x, share.map((value) => value === null ? null : 100 * value), good),
        text: seconds.map(({ ok, completed }) =>
          completed ? texts.chart.okOf(ok, completed, percent(ok / completed)) : ""
        ),
        hovertemplate: "%{text}<extra></extra>",
      },
    ],
    layout: secondsLayout(view, 100, (value) => `${value}%`, theme),
    legend: [
      { label: texts.chart.ok, color: good },
      { label: texts.chart.notOk, color: theme.bad },
    ],
    table: {
      columns: ["second", "completed", "ok"],
      rows: seconds.map(({ second, completed, ok }) => [second, completed, ok]),
    },
    isEmpty: share.every((value) => value === null),
  };
}

/** What is said of a second stands at its middle. @param {Second[]} seconds */
function middles(seconds) {
  return seconds.map(({ second }) => second + 0.5);
}

/**
 * @param {string} name
 * @param {number[]} x
 * @param {(number|null)[]} y
 * @param {string} color
 * @param {string} [dash]
 * @param {string} [unit]
 */
function line(name, x, y, color, dash = "solid", unit = "") {
  return {
    type: "scatter",
    mode: x.length === 1 ? "markers" : "lines",
    name,
    x,
    y,
    line: { color, dash, width: 2 },
    marker: { color, size: 5 },
    connectgaps: false,
    hovertemplate: `%{y:,.0f}${unit}`,
  };
}

/** @param {View} view @param {number} top @param {(value: number) => string} text @param {Theme} theme */
function secondsLayout(view, top, text, theme) {
  return baseLayout(theme, {
    shapes: faultShades(view.faults ?? [], view, theme),
    xaxis: timeAxis(theme, view.range, view.width_px),
    yaxis: risingAxis(theme, top, text),
  });
}
