/**
 * The divergence timeline: one bar per window, a lane per key, and on top how many keys differ at each moment. Pure.
 *
 * Two traces of bars whatever the number of windows: "updates under way" (thin) and "values differ" (thick). Open windows
 * end at now and have a colour of their own.
 *
 * Behind it all, shaded, the faults.
 *
 * @import {FaultView, Theme, WindowView, Figure} from "../types.js"
 * @import {Lanes} from "./lanes.js"
 */

import { duration, shortName } from "../format.js";
import { windowId } from "../store.js";
import { texts } from "../texts.js";
import { axis, baseLayout, niceCeiling, timeAxis } from "./base.js";
import { decimate } from "./decimate.js";
import { faultBands } from "./faults.js";

export const LANES_MAX = 48;
const LANES_MIN = 8;
/** With more lanes than this a bar is too low for its label. */
const LABELLED_LANES_MAX = 8;
/** Room that a letter in a bar needs, in pixels, by which labels that would not fit are left out. */
const LETTER_PX = 7.2;
/** Of what is not selected, while something is. */
const OTHERS_OPACITY = 0.22;

/**
 * The windows of which some part lies in the last `span_s` seconds.
 *
 * @param {WindowView[]} windows
 * @param {number} now_us
 * @param {number} span_s
 */
export function windowsInSight(windows, now_us, span_s) {
  const from_us = now_us - span_s * 1e6;
  return windows.filter((window) => window.to_us === null || window.to_us > from_us);
}

/**
 * @param {object} given
 * @param {WindowView[]} given.windows those in sight
 * @param {Lanes} given.lanes
 * @param {number} given.started_us
 * @param {number} given.now_us
 * @param {number} given.span_s
 * @param {number} given.width_px of the plotting area
 * @param {FaultView[]} [given.faults]
 * @param {{keys: ReadonlySet<string>, window: string}} [given.marked] what is selected: all else steps back
 * @param {Theme} theme
 * @returns {Figure & {hidden: number, open: number}}
 */
export function divergenceFigure(given, theme) {
  const { windows, lanes, started_us, now_us, span_s, width_px } = given;
  const seconds = (/** @type {number} */ us) => (us - started_us) / 1e6;
  const drawn = windows.filter((window) => (lanes.get(window.key) ?? LANES_MAX) < LANES_MAX);
  const values = drawn.filter((window) => window.view === "value");
  const updates = drawn.filter((window) => window.view === "updates");
  const highest = Math.max(0, ...drawn.map((window) => (lanes.get(window.key) ?? 0) + 1));
  const rows = Math.max(LANES_MIN, Math.ceil(highest / 8) * 8);
  const px_per_s = width_px / span_s;
  const isMarked = markedBy(given.marked);
  const bar = { lanes, seconds, now_us, isMarked, px_per_s: rows > LABELLED_LANES_MAX ? 0 : px_per_s };
  const strip = divergedOverTime(windows, now_us - span_s * 1e6, now_us);
  const points = decimate(
    strip.map(([us, n]) => /** @type {[number, number]} */ ([seconds(us), n])),
    Math.max(50, width_px),
  );
  const top = niceCeiling(Math.max(0, ...strip.map(([, n]) => n)), 2);
  return {
    data: [
      barTrace(updates, bar, {
        name: texts.chart.updatesWindow,
        width: 0.3,
        color: theme.warm,
        open: theme.warm,
      }, theme),
      barTrace(values, bar, {
        name: texts.chart.valueWindow,
        width: 0.74,
        color: theme.accent,
        open: theme.hot,
      }, theme),
      stripTrace(points, theme),
    ],
    layout: baseLayout(theme, {
      ...faultBands(given.faults ?? [], given, theme),
      barmode: "overlay",
      hovermode: "closest",
      margin: { l: 34, r: 10, t: 8, b: 26 },
      xaxis: { ...timeAxis(theme, seconds(now_us), span_s), anchor: "y", showgrid: true },
      yaxis: axis(theme, {
        domain: [0, 0.76],
        range: [rows - 0.5, -0.5],
        showgrid: false,
        showticklabels: false,
      }),
      yaxis2: axis(theme, {
        domain: [0.82, 1],
        range: [0, top * 1.08],
        tickvals: [0, top],
        anchor: "x",
        showgrid: true,
      }),
    }),
    legend: [
      { label: texts.chart.stillOpen, color: theme.hot },
      { label: texts.chart.valueWindow, color: theme.accent },
      { label: texts.chart.updatesWindow, color: theme.warm },
      ...(given.faults?.length ? [{ label: texts.chart.fault, color: theme.fault }] : []),
    ],
    hidden: new Set(windows.filter((window) => !drawn.includes(window)).map((window) => window.key)).size,
    open: values.filter((window) => window.to_us === null).length,
  };
}

/** @param {{keys: ReadonlySet<string>, window: string}} [marked] @returns {(window: WindowView) => boolean} */
function markedBy(marked) {
  if (!marked?.keys.size) return () => true;
  return (window) => marked.keys.has(window.key) && (!marked.window || windowId(window) === marked.window);
}

/**
 * @param {WindowView[]} windows
 * @param {{lanes: Lanes, seconds: (us: number) => number, now_us: number, px_per_s: number, isMarked: (window: WindowView) => boolean}} bar
 * @param {{name: string, width: number, color: string, open: string}} look
 * @param {Theme} theme
 */
function barTrace(windows, { lanes, seconds, now_us, px_per_s, isMarked }, look, theme) {
  const lengths = windows.map((window) => Math.max(0, ((window.to_us ?? now_us) - window.from_us) / 1e6));
  const labels = windows.map((window, i) => {
    const fits = Math.floor(lengths[i] * px_per_s / LETTER_PX) - 1;
    return look.width > 0.5 && fits >= 4 ? shortName(window.key, fits) : "";
  });
  return {
    type: "bar",
    name: look.name,
    orientation: "h",
    y: windows.map((window) => lanes.get(window.key)),
    base: windows.map((window) => seconds(window.from_us)),
    x: lengths,
    width: look.width,
    marker: {
      color: windows.map((window) => (window.to_us === null ? look.open : look.color)),
      opacity: windows.map((window) => (isMarked(window) ? 1 : OTHERS_OPACITY)),
      line: { width: 0 },
    },
    customdata: windows.map(windowId),
    text: labels,
    textposition: "inside",
    insidetextanchor: "start",
    textangle: 0,
    constraintext: "none",
    insidetextfont: { color: theme.surface, size: theme.font_px - 1 },
    hovertext: windows.map((window, i) => `${window.key}: ${look.name}, ${duration(lengths[i] * 1000)}`),
    hoverinfo: "text",
    cliponaxis: true,
  };
}

/** @param {[number, number][]} points @param {Theme} theme */
function stripTrace(points, theme) {
  return {
    type: "scatter",
    mode: "lines",
    name: texts.chart.divergedKeys,
    x: points.map(([x]) => x),
    y: points.map(([, y]) => y),
    yaxis: "y2",
    line: { shape: "hv", width: 1.5, color: theme.hot },
    fill: "tozeroy",
    hoverinfo: "x+y",
  };
}

/**
 * How many keys' values differ, as a step function over [from_us, now_us]. Windows of one key do not overlap.
 *
 * @param {WindowView[]} windows
 * @param {number} from_us
 * @param {number} now_us
 * @returns {[number, number][]}
 */
export function divergedOverTime(windows, from_us, now_us) {
  /** @type {Map<number, number>} */
  const changes = new Map();
  const add = (/** @type {number} */ us, /** @type {number} */ n) =>
    changes.set(us, (changes.get(us) ?? 0) + n);
  for (const window of windows) {
    if (window.view !== "value") continue;
    add(Math.max(window.from_us, from_us), 1);
    if (window.to_us !== null) add(Math.max(window.to_us, from_us), -1);
  }
  let n = changes.get(from_us) ?? 0;
  /** @type {[number, number][]} */
  const steps = [[from_us, n]];
  for (const us of [...changes.keys()].sort((a, b) => a - b)) {
    const change = changes.get(us) ?? 0;
    if (us <= from_us || us > now_us || change === 0) continue;
    n += change;
    steps.push([us, n]);
  }
  if (steps[steps.length - 1][0] < now_us) steps.push([now_us, n]);
  return steps;
}
