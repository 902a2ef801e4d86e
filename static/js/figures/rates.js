/**
 * The three charts of seconds: message throughput, lag per node, and the clients' latency. Pure.
 *
 * @import {Second, Theme, Figure} from "../types.js"
 */

import { texts } from "../texts.js";
import { axis, baseLayout, niceCeiling, timeAxis } from "./base.js";

export const SPAN_S = 60;
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

/**
 * The seconds in sight. The last one is left out while it still goes on: half a second is not half the rate.
 *
 * @param {Second[]} seconds
 * @param {number} now seconds since the run began
 * @param {boolean} isRunning
 */
export function secondsInSight(seconds, now, isRunning) {
  const to = isRunning ? Math.floor(now) : Infinity;
  const from = Math.max(now, SPAN_S) - SPAN_S - 1;
  return seconds.filter((second) => second.second >= from && second.second < to);
}

/**
 * @param {Second[]} seconds
 * @param {number} now
 * @param {Theme} theme
 * @returns {Figure}
 */
export function throughputFigure(seconds, now, theme) {
  const x = seconds.map((second) => second.second);
  const dropped = seconds.map((second) => second.dropped);
  const highest = Math.max(
    0,
    ...seconds.flatMap((second) => [second.sent, second.delivered, second.dropped]),
  );
  const [sent, delivered] = theme.series;
  return {
    data: [
      {
        type: "bar",
        name: texts.chart.dropped,
        x,
        y: dropped,
        width: 0.8,
        marker: { color: theme.bad, line: { width: 0 } },
      },
      line(texts.chart.sent, x, seconds.map((second) => second.sent), sent, "dot"),
      line(texts.chart.delivered, x, seconds.map((second) => second.delivered), delivered),
    ],
    layout: secondsLayout(now, niceCeiling(highest, 10), "", theme),
    legend: [
      { label: texts.chart.sent, color: sent, dash: "dot" },
      { label: texts.chart.delivered, color: delivered },
      { label: texts.chart.dropped, color: theme.bad },
    ],
  };
}

/**
 * @param {Second[]} seconds
 * @param {string[]} nodes in the map's order: a node keeps its colour and dash
 * @param {number} now
 * @param {Theme} theme
 * @returns {Figure}
 */
export function lagFigure(seconds, nodes, now, theme) {
  const x = seconds.map((second) => second.second);
  const lines = nodes.flatMap((node, index) => {
    const y = seconds.map((second) => second.lag_ms[node] ?? null);
    if (y.every((value) => value === null)) return [];
    const color = theme.series[index % theme.series.length];
    return [{ node, y, color, dash: DASHES[index % DASHES.length] }];
  });
  const highest = Math.max(0, ...lines.flatMap(({ y }) => y.map((value) => value ?? 0)));
  return {
    data: lines.map(({ node, y, color, dash }) => line(node, x, y, color, dash)),
    layout: secondsLayout(now, niceCeiling(highest, 10), " ms", theme),
    legend: lines.map(({ node, color, dash }) => ({ label: node, color, dash })),
  };
}

/**
 * @param {Second[]} seconds
 * @param {number} now
 * @param {Theme} theme
 * @returns {Figure}
 */
export function latencyFigure(seconds, now, theme) {
  const x = seconds.map((second) => second.second);
  const p50 = seconds.map((second) => second.latency_ms_p50);
  const p99 = seconds.map((second) => second.latency_ms_p99);
  const highest = Math.max(0, ...p99.map((value) => value ?? 0), ...p50.map((value) => value ?? 0));
  const [, median, tail] = theme.series;
  return {
    data: [line(texts.chart.p99, x, p99, tail, "dot"), line(texts.chart.p50, x, p50, median)],
    layout: secondsLayout(now, niceCeiling(highest, 10), " ms", theme),
    legend: [
      { label: texts.chart.p50, color: median },
      { label: texts.chart.p99, color: tail, dash: "dot" },
    ],
  };
}

/**
 * @param {string} name
 * @param {number[]} x
 * @param {(number|null)[]} y
 * @param {string} color
 * @param {string} [dash]
 */
function line(name, x, y, color, dash = "solid") {
  return { type: "scatter", mode: "lines", name, x, y, line: { color, dash, width: 2 }, connectgaps: false };
}

/** @param {number} now @param {number} top @param {string} unit @param {Theme} theme */
function secondsLayout(now, top, unit, theme) {
  return baseLayout(theme, {
    margin: { l: unit ? 64 : 44, r: 10, t: 8, b: 26 },
    xaxis: timeAxis(theme, Math.ceil(now), SPAN_S),
    yaxis: axis(theme, { range: [0, top * 1.05], ticksuffix: unit, nticks: 4 }),
  });
}
