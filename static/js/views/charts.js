/**
 * The run page's charts: which figure goes where, and how often it may be drawn anew.
 *
 * @import {State} from "../types.js"
 * @import {Lanes} from "../figures/lanes.js"
 */

import { divergenceFigure, windowsInSight } from "../figures/divergence.js";
import { assignLanes } from "../figures/lanes.js";
import { marked } from "../figures/selection.js";
import { lagFigure, latencyFigure, secondsInSight, throughputFigure } from "../figures/rates.js";
import { texts } from "../texts.js";
import { createChart } from "./chart.js";
import { find, setText } from "./dom.js";
import { onThemeChange, readTheme } from "./theme.js";

const TIMELINE_SPAN_S = 30;
const TIMELINE_EVERY_MS = 110;
const RATES_EVERY_MS = 500;
/** What the timeline's margins take from its width. */
const TIMELINE_MARGINS_PX = 44;

/**
 * @param {() => State} getState
 * @param {() => number} nowUs
 * @param {() => boolean} isRunning
 * @param {(windowId: string) => void} onPick a window of the timeline was clicked
 */
export function createCharts(getState, nowUs, isRunning, onPick) {
  let theme = readTheme();
  const timeline = createTimeline(getState, nowUs, () => theme, onPick);
  const now = () => (nowUs() - (getState().run?.started_us ?? nowUs())) / 1e6;
  /** @param {string} id @param {(seconds: import("../types.js").Second[], now: number) => import("../types.js").Figure} make */
  const rates = (id, make) =>
    createChart(find(id), () => {
      if (!getState().run) return null;
      return make(secondsInSight(getState().seconds, now(), isRunning()), now());
    }, RATES_EVERY_MS);
  const all = [
    timeline,
    rates("#throughput", (seconds, at) => throughputFigure(seconds, at, theme)),
    rates("#lag", (seconds, at) => lagFigure(seconds, getState().nodes.map((node) => node.id), at, theme)),
    rates("#latency", (seconds, at) => latencyFigure(seconds, at, theme)),
  ];
  const changed = () => all.forEach((chart) => chart.changed());
  onThemeChange(() => {
    theme = readTheme();
    changed();
  });
  return { changed };
}

/**
 * @param {() => State} getState
 * @param {() => number} nowUs
 * @param {() => import("../types.js").Theme} getTheme
 * @param {(windowId: string) => void} onPick
 */
function createTimeline(getState, nowUs, getTheme, onPick) {
  const element = find("#timeline");
  const note = find(".chart-note", element);
  /** @type {Lanes} */
  let lanes = new Map();
  return createChart(
    element,
    (width_px) => {
      const { run, windows, faults } = getState();
      if (!run) return null;
      const now_us = nowUs();
      const inSight = windowsInSight(windows, now_us, TIMELINE_SPAN_S);
      lanes = assignLanes(lanes, inSight, now_us);
      const figure = divergenceFigure({
        windows: inSight,
        lanes,
        started_us: run.started_us,
        now_us,
        span_s: TIMELINE_SPAN_S,
        width_px: width_px - TIMELINE_MARGINS_PX,
        faults,
        marked: marked(getState()),
      }, getTheme());
      const quiet = inSight.length ? "" : texts.noDivergence(TIMELINE_SPAN_S);
      setText(note, figure.hidden ? texts.lanesHidden(figure.hidden) : quiet);
      return figure;
    },
    TIMELINE_EVERY_MS,
    (picked) => {
      if (typeof picked === "string") onPick(picked);
    },
  );
}
