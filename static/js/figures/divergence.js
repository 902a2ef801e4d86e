/**
 * The divergence timeline: one bar per window, a lane per key, and above them what went wrong. Pure.
 *
 * Two traces of bars whatever the number of windows: "updates under way" (thin) and "values differ" (thick). Open windows
 * end at now and have a colour of their own. Behind it all, shaded, the faults.
 *
 * @import {FaultView, Theme, WindowView, Figure} from "../types.js"
 * @import {Anomaly} from "./anomalies.js"
 * @import {Lanes} from "./lanes.js"
 * @import {Range} from "./range.js"
 */

import { duration, shortName } from "../format.js";
import { windowId } from "../store.js";
import { texts } from "../texts.js";
import { anomalyTrace } from "./anomalies.js";
import { axis, baseLayout, plain, timeAxis } from "./base.js";
import { faultBands } from "./faults.js";

export const LANES_MAX = 48;
const LANES_MIN = 8;
/** With more lanes than this a bar is too low for its label. */
const LABELLED_LANES_MAX = 8;
/** Room that a letter in a bar needs, in pixels, by which labels that would not fit are left out. */
const LETTER_PX = 7.2;
/** Of what is not selected, while something is. */
const OTHERS_OPACITY = 0.22;
/** The share of the height that marks have. */
const MARKS_SHARE = 0.09;

/**
 * The windows of which some part is in sight.
 *
 * @param {WindowView[]} windows
 * @param {number} from_us
 * @param {number} to_us
 */
export function windowsInSight(windows, from_us, to_us) {
  return windows.filter((window) =>
    window.from_us <= to_us && (window.to_us === null || window.to_us > from_us)
  );
}

/**
 * @param {object} given
 * @param {WindowView[]} given.windows those in sight
 * @param {Lanes} given.lanes
 * @param {number} given.started_us
 * @param {number} given.now_us
 * @param {Range} given.range
 * @param {number} given.width_px of the plotting area
 * @param {FaultView[]} [given.faults]
 * @param {Anomaly[]} [given.anomalies]
 * @param {{keys: ReadonlySet<string>, window: string}} [given.marked] what is selected: all else steps back
 * @param {Theme} theme
 * @returns {Figure & {hidden: number, open: number}}
 */
export function divergenceFigure(given, theme) {
  const { windows, lanes, started_us, now_us, range, width_px } = given;
  const seconds = (/** @type {number} */ us) => (us - started_us) / 1e6;
  const drawn = windows.filter((window) => (lanes.get(window.key) ?? LANES_MAX) < LANES_MAX);
  const values = drawn.filter((window) => window.view === "value");
  const updates = drawn.filter((window) => window.view === "updates");
  const highest = Math.max(0, ...drawn.map((window) => (lanes.get(window.key) ?? 0) + 1));
  const rows = Math.max(LANES_MIN, Math.ceil(highest / 8) * 8);
  const px_per_s = width_px / (range.to_s - range.from_s);
  const bar = {
    lanes,
    seconds,
    now_us,
    isMarked: markedBy(given.marked),
    px_per_s: rows > LABELLED_LANES_MAX ? 0 : px_per_s,
    from_s: range.from_s,
  };
  const anomalies = anomalyTrace(given.anomalies ?? [], { started_us, range, px_per_s }, theme);
  const { valueWindow, updatesWindow, stillOpen, fault } = texts.chart;
  return {
    data: [
      barTrace(updates, bar, { name: updatesWindow, width: 0.3, color: theme.warm, open: theme.warm }, theme),
      barTrace(values, bar, { name: valueWindow, width: 0.74, color: theme.accent, open: theme.hot }, theme),
      anomalies.trace,
    ],
    layout: baseLayout(theme, {
      ...faultBands(given.faults ?? [], given, theme),
      barmode: "overlay",
      hovermode: "closest",
      xaxis: { ...timeAxis(theme, range, width_px), anchor: "y" },
      yaxis: axis(theme, {
        domain: [0, 1 - MARKS_SHARE],
        range: [rows - 0.5, -0.5],
        showgrid: false,
        showticklabels: false,
      }),
      yaxis2: axis(theme, {
        domain: [1 - MARKS_SHARE, 1],
        range: [-1, 1],
        anchor: "x",
        showgrid: false,
        showticklabels: false,
      }),
    }),
    legend: [
      { label: stillOpen, color: theme.hot },
      { label: valueWindow, color: theme.accent },
      { label: updatesWindow, color: theme.warm },
      ...(given.faults?.length ? [{ label: fault, color: theme.fault }] : []),
      ...anomalies.legend,
    ],
    table: {
      columns: ["key", "view", "from_s", "to_s", "length_ms", "replicas"],
      /** Only for a file: not made for every drawing. */
      get rows() {
        return windows.map(({ key, view, from_us, to_us, replicas }) => [
          key,
          view,
          seconds(from_us),
          to_us === null ? null : seconds(to_us),
          ((to_us ?? now_us) - from_us) / 1000,
          replicas.join(" "),
        ]);
      },
    },
    isEmpty: !windows.length && !(given.anomalies ?? []).length,
    hidden: new Set(windows.filter((window) => !drawn.includes(window)).map((window) => window.key)).size,
    open: values.filter((window) => window.to_us === null).length,
  };
}

/**
 * @param {{keys: ReadonlySet<string>, window: string}} [marked]
 * @returns {((window: WindowView) => boolean)|null} `null`: nothing is selected
 */
function markedBy(marked) {
  if (!marked?.keys.size) return null;
  return (window) => marked.keys.has(window.key) && (!marked.window || windowId(window) === marked.window);
}

/**
 * @param {WindowView[]} windows
 * @param {{lanes: Lanes, seconds: (us: number) => number, now_us: number, px_per_s: number, from_s: number, isMarked: ((window: WindowView) => boolean)|null}} bar
 * @param {{name: string, width: number, color: string, open: string}} look
 * @param {Theme} theme
 */
function barTrace(windows, { lanes, seconds, now_us, isMarked, px_per_s, from_s }, look, theme) {
  const lengths = windows.map((window) => Math.max(0, ((window.to_us ?? now_us) - window.from_us) / 1e6));
  const labels = windows.map((window, i) => {
    const cut_s = Math.max(0, from_s - seconds(window.from_us));
    const fits = Math.floor((lengths[i] - cut_s) * px_per_s / LETTER_PX) - 1;
    return look.width > 0.5 && fits >= 4 ? plain(shortName(window.key, fits)) : "";
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
      opacity: isMarked ? windows.map((window) => (isMarked(window) ? 1 : OTHERS_OPACITY)) : 1,
      line: { width: 0 },
    },
    customdata: windows.map(windowId),
    ...(labels.some(Boolean)
      ? {
        text: labels,
        textposition: "inside",
        insidetextanchor: "start",
        textangle: 0,
        constraintext: "none",
        insidetextfont: { color: theme.surface, size: theme.font_px - 1 },
      }
      : {}),
    hovertext: windows.map((window, i) =>
      `${plain(window.key)}: ${look.name}, ${duration(lengths[i] * 1000)}`
    ),
    hoverinfo: "text",
    cliponaxis: true,
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
