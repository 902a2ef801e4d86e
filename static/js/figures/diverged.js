/**
 * How many keys differ at each moment. Pure.
 *
 * @import {State, Theme, Figure} from "../types.js"
 * @import {View} from "./rates.js"
 */

import { count } from "../format.js";
import { texts } from "../texts.js";
import { baseLayout, niceCeiling, risingAxis, timeAxis } from "./base.js";
import { courseOf } from "./course.js";
import { decimate } from "./decimate.js";
import { divergedOverTime } from "./divergence.js";
import { faultShades } from "./faults.js";

/**
 * The windows of the page tell it exactly, from where none has been dropped; before that its seconds do, and the course.
 *
 * @param {Pick<State, "windows"|"windows_dropped"|"seconds"|"faults"> & Partial<Pick<State, "course">>} state
 * @param {View} view
 * @param {Theme} theme
 * @returns {Figure}
 */
export function divergedFigure(state, view, theme) {
  const { range, started_us, now_us, width_px } = view;
  const us = (/** @type {number} */ s) => started_us + s * 1e6;
  const until_us = Math.max(us(range.from_s), Math.min(now_us, us(range.to_s)));
  const known_us = Math.max(us(range.from_s), knownSince(state, started_us));
  const each_us = (state.course?.each_s ?? 1) * 1e6;
  const before = courseOf(state, started_us).steps
    .filter(([at_us]) => at_us >= us(range.from_s) - each_us && at_us < known_us);
  const exact = known_us <= until_us ? divergedOverTime(state.windows, known_us, until_us) : [];
  const steps = [...before, ...exact].map((
    [at_us, n],
  ) => /** @type {[number, number]} */ ([(at_us - started_us) / 1e6, n]));
  const points = steps.length ? decimate(steps, Math.max(50, width_px)) : [];
  const top = niceCeiling(Math.max(0, ...steps.map(([, n]) => n)), 2);
  return {
    data: [{
      type: "scatter",
      mode: "lines",
      name: texts.chart.divergedKeys,
      x: points.map(([x]) => x),
      y: points.map(([, y]) => y),
      line: { shape: "hv", width: 1.5, color: theme.hot },
      fill: "tozeroy",
      hovertemplate: "%{y}",
    }],
    layout: baseLayout(theme, {
      shapes: faultShades(state.faults, view, theme),
      xaxis: timeAxis(theme, range, width_px),
      yaxis: risingAxis(theme, top, (value) => Number.isInteger(value) ? count(value) : ""),
    }),
    legend: [],
    table: { columns: ["second", "keys_that_differ"], rows: steps },
    isEmpty: !steps.some(([, n]) => n > 0),
  };
}

/** From when on every window is on the page. @param {Pick<State, "windows"|"windows_dropped">} state @param {number} started_us */
function knownSince({ windows, windows_dropped }, started_us) {
  if (!windows_dropped) return started_us;
  const firstClosed = windows.find((window) => window.to_us !== null);
  return firstClosed?.from_us ?? started_us;
}
