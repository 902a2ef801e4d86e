/**
 * The whole run as a strip: how many keys differ at each moment, and where faults are. Pure.
 *
 * The windows of the page tell it exactly while none has been dropped; else its seconds do, as far as they go back, and
 * before them the coarse course of the whole run. What none of them tells is unknown.
 *
 * @import {State} from "../types.js"
 */

import { courseOf } from "./course.js";
import { decimate } from "./decimate.js";
import { divergedOverTime } from "./divergence.js";

export const STRIP = { width: 1000, height: 100 };

/**
 * @param {Pick<State, "windows"|"windows_dropped"|"seconds"|"faults"> & Partial<Pick<State, "course">>} state
 * @param {number} from_us when the run began
 * @param {number} to_us
 * @param {number} [highest] of keys that the strip's height stands for, where several strips have one measure
 * @returns {{diverged: string, faults: {x: number, width: number}[], most: number, unknown: number}} a path and bands within
 *   `STRIP`; and the share of the run, from its beginning, of which the page knows nothing
 */
export function stripFigure(state, from_us, to_us, highest = 0) {
  const span_us = Math.max(1, to_us - from_us);
  const x = (/** @type {number} */ us) =>
    Math.min(STRIP.width, Math.max(0, (us - from_us) / span_us * STRIP.width));
  const isPartial = state.windows_dropped > 0;
  const course = isPartial ? courseOf(state, from_us) : { steps: [], known_us: from_us };
  const steps = isPartial
    ? fromNothing(course.steps, from_us, to_us)
    : divergedOverTime(state.windows, from_us, to_us);
  const known_us = Number.isFinite(course.known_us) ? course.known_us : from_us;
  const points = decimate(
    steps.map(([us, n]) => /** @type {[number, number]} */ ([x(us), n])),
    STRIP.width,
  );
  const most = Math.max(0, ...points.map(([, n]) => n));
  const scale = highest || most;
  return {
    diverged: most ? stepPath(points, scale) : "",
    faults: state.faults.filter((fault) => fault.from_us < to_us).map((fault) => {
      const left = x(fault.from_us);
      return { x: left, width: Math.max(2, x(fault.to_us ?? to_us) - left) };
    }),
    most,
    unknown: x(known_us) / STRIP.width,
  };
}

/**
 * @param {[number, number][]} steps
 * @param {number} from_us
 * @param {number} to_us
 * @returns {[number, number][]}
 */
function fromNothing(steps, from_us, to_us) {
  return [[from_us, 0], ...steps, [to_us, steps.length ? steps[steps.length - 1][1] : 0]];
}

/** @param {[number, number][]} points @param {number} most */
function stepPath(points, most) {
  const y = (/** @type {number} */ n) => round(STRIP.height * (1 - n / most));
  let path = `M0 ${STRIP.height}`;
  for (const [left, n] of points) path += `H${round(left)}V${y(n)}`;
  return `${path}H${STRIP.width}V${STRIP.height}Z`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
