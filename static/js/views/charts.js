/**
 * The run page's charts: which figure goes where, how often it may be drawn anew, and which part of the run all show.
 *
 * @import {Conflict} from "../conflicts.js"
 * @import {Figure, Second, State, Theme} from "../types.js"
 * @import {Lanes} from "../figures/lanes.js"
 * @import {Range} from "../figures/range.js"
 * @import {View} from "../figures/rates.js"
 */

import { anomaliesOf } from "../figures/anomalies.js";
import { plotWidth } from "../figures/base.js";
import { divergedFigure } from "../figures/diverged.js";
import { divergenceFigure, windowsInSight } from "../figures/divergence.js";
import { assignLanes } from "../figures/lanes.js";
import { lengthsFigure, lengthsInWords } from "../figures/lengths.js";
import { formatZoom, parseZoom, rangeOf, scaled, SPANS_S } from "../figures/range.js";
import {
  availabilityFigure,
  lagFigure,
  latencyFigure,
  secondsInSight,
  throughputFigure,
} from "../figures/rates.js";
import { marked } from "../figures/selection.js";
import { texts } from "../texts.js";
import { createBrush } from "./brush.js";
import { createChart } from "./chart.js";
import { find, setAttribute, setText } from "./dom.js";
import { onThemeChange, readTheme } from "./theme.js";
import { createZoomTools } from "./zoom_tools.js";

const TIMELINE_EVERY_MS = 110;
const TRACKS_EVERY_MS = 500;
/** A distribution changes slowly. */
const LENGTHS_EVERY_MS = 1_000;
/** Room below a track whose times are told by the one at the bottom. */
const TRACK_FOOT_PX = 10;

/**
 * @param {() => State} getState
 * @param {() => number} nowUs
 * @param {() => boolean} isRunning
 * @param {(windowId: string) => void} onPick a window of the timeline was clicked
 * @param {(key: string) => void} onPickKey a mark of it was clicked
 */
export function createCharts(getState, nowUs, isRunning, onPick, onPickKey) {
  let theme = readTheme();
  /** @type {Range|null} */
  let zoom = parseZoom(new URLSearchParams(location.search).get("zoom") ?? "");
  /** @type {Range|null} while somebody drags */
  let held = null;
  let span_s = SPANS_S[0];
  /** @type {Conflict[]} */
  let conflicts = [];

  const startedUs = () => getState().run?.started_us ?? nowUs();
  const now_s = () => (nowUs() - startedUs()) / 1e6;
  const range = () => held ?? rangeOf({ zoom, span_s, now_s: now_s() });
  /** @param {number} width_px @returns {View} */
  const viewOf = (width_px) => ({
    range: range(),
    width_px: plotWidth(width_px),
    started_us: startedUs(),
    now_us: nowUs(),
    faults: getState().faults,
  });

  const timeline = createTimeline({
    getState,
    viewOf,
    getTheme: () => theme,
    getConflicts: () => conflicts,
    onPick: (id) => brush.isJustDone() || onPick(id),
    onPickKey: (key) => brush.isJustDone() || onPickKey(key),
  });
  /** @param {string} id @param {(view: View, seconds: Second[]) => Figure} make @param {boolean} [isLast] */
  const track = (id, make, isLast = false) =>
    createChart(find(`#${id}`), (width_px, isAlone) => {
      if (!getState().run) return null;
      const view = viewOf(width_px);
      const figure = make(view, secondsInSight(getState().seconds, view.range, now_s(), isRunning()));
      return isLast || isAlone ? figure : withoutTimes(figure);
    }, TRACKS_EVERY_MS);
  const tracks = [
    track("diverged", (view) => divergedFigure(getState(), view, theme)),
    track("lag", (view, seconds) => lagFigure(seconds, getState().nodes.map(({ id }) => id), view, theme)),
    track("latency", (view, seconds) => latencyFigure(seconds, view, theme)),
    track("availability", (view, seconds) => availabilityFigure(seconds, view, theme)),
    track("throughput", (view, seconds) => throughputFigure(seconds, view, theme), true),
  ];
  const lengths = createLengths(getState, nowUs, () => theme);
  const all = [timeline, ...tracks, lengths];
  const changed = () => all.forEach((chart) => chart.changed());

  const tools = createZoomTools(find("#timeline .zoom-tools"), {
    onSpan(chosen_s) {
      span_s = chosen_s;
      zoomTo(null);
    },
    onScale: (factor) => zoomTo(scaled(range(), factor, now_s())),
    onUnzoom: () => zoomTo(null),
  });
  const brush = createBrush([timeline, ...tracks].map(({ stage }) => stage), {
    getRange: range,
    onHold(isHeld) {
      held = isHeld ? range() : null;
    },
    onZoom: zoomTo,
  });

  /** @param {Range|null} wanted */
  function zoomTo(wanted) {
    zoom = wanted;
    tools.show(zoom, span_s);
    const query = new URLSearchParams(location.search);
    if (zoom) query.set("zoom", formatZoom(zoom));
    else query.delete("zoom");
    const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
    changed();
  }

  tools.show(zoom, span_s);
  onThemeChange(() => {
    theme = readTheme();
    changed();
  });
  return {
    changed,
    /** The conflicts that were found in the history. @param {Conflict[]} found */
    conflicts(found) {
      conflicts = found;
      changed();
    },
  };
}

/** @param {Figure} figure @returns {Figure} */
function withoutTimes(figure) {
  const { margin, xaxis } = /** @type {Record<string, object>} */ (figure.layout);
  return {
    ...figure,
    layout: {
      ...figure.layout,
      margin: { ...margin, b: TRACK_FOOT_PX },
      xaxis: { ...xaxis, showticklabels: false },
    },
  };
}

/**
 * @param {object} page
 * @param {() => State} page.getState
 * @param {(width_px: number) => View} page.viewOf
 * @param {() => Theme} page.getTheme
 * @param {() => Conflict[]} page.getConflicts
 * @param {(windowId: string) => unknown} page.onPick
 * @param {(key: string) => unknown} page.onPickKey
 */
function createTimeline({ getState, viewOf, getTheme, getConflicts, onPick, onPickKey }) {
  const element = find("#timeline");
  const note = find(".chart-note", element);
  /** @type {Lanes} */
  let lanes = new Map();
  return createChart(
    element,
    (width_px) => {
      const state = getState();
      if (!state.run) return null;
      const view = viewOf(width_px);
      const us = (/** @type {number} */ s) => view.started_us + s * 1e6;
      const until_us = Math.min(view.now_us, us(view.range.to_s));
      const inSight = windowsInSight(state.windows, us(view.range.from_s), until_us);
      lanes = assignLanes(lanes, inSight, view.now_us);
      const figure = divergenceFigure({
        ...view,
        windows: inSight,
        lanes,
        anomalies: anomaliesOf(state.marks, getConflicts(), view.now_us),
        marked: marked(state),
      }, getTheme());
      setText(note, figure.hidden ? texts.lanesHidden(figure.hidden) : texts.chart.brush);
      return figure;
    },
    TIMELINE_EVERY_MS,
    (picked) => {
      if (typeof picked === "string") onPick(picked);
      else if (picked && typeof picked === "object" && "key" in picked) onPickKey(String(picked.key));
    },
  );
}

/** @param {() => State} getState @param {() => number} nowUs @param {() => Theme} getTheme */
function createLengths(getState, nowUs, getTheme) {
  const element = find("#lengths");
  const note = find(".chart-note", element);
  return createChart(element, (width_px) => {
    const { run, lengths, windows } = getState();
    if (!run) return null;
    const figure = lengthsFigure({ lengths, windows, now_us: nowUs(), width_px }, getTheme());
    const open = windows.filter(({ view, to_us }) => view === "value" && to_us === null).length;
    const words = lengthsInWords(lengths, open);
    setText(note, figure.isEmpty ? "" : words);
    setAttribute(find(".chart-plot", element), "aria-label", words);
    return figure;
  }, LENGTHS_EVERY_MS);
}
