/**
 * What lies under the pointer. Pure; never looks at more things than can be told apart there.
 *
 * @import {Span, Frame} from "./layout.js"
 * @import {Scene} from "./scene.js"
 * @import {Trace} from "./trace.js"
 *
 * @typedef {{event: number, many: number}} Hit `event` is -1 where there is nothing; `many` counts what lies too close
 */

import { timeAt, xOf, yOf } from "./layout.js";
import { fateOf, LOST } from "./scene.js";

const REACH_PX = 9;
const LINE_PX = 6;
const LOOKED_AT_MAX = 4_000;
/** Where on its way a lost message ends. */
export const LOST_AT = 0.82;

/**
 * @param {Trace} trace
 * @param {Scene} scene
 * @param {{span: Span, frame: Frame}} view
 * @param {number} x
 * @param {number} y
 * @returns {Hit}
 */
export function hit(trace, scene, { span, frame }, x, y) {
  const from_us = timeAt(span, frame, x - REACH_PX);
  const to_us = timeAt(span, frame, x + REACH_PX);
  const lanes = trace.nodes.length;
  const height = (/** @type {number} */ lane) => yOf(frame, lanes, lane);
  const points = scene.events.inSight(from_us, to_us, LOOKED_AT_MAX, 1);
  let best = -1;
  let nearest = REACH_PX;
  for (const event of points.ids ?? []) {
    const away = Math.hypot(
      xOf(span, frame, trace.at.values[event]) - x,
      height(trace.node.values[event]) - y,
    );
    if (away <= nearest) [best, nearest] = [event, away];
  }
  if (best >= 0) return { event: best, many: 0 };
  const lines = scene.messages.inSight(from_us, to_us, LOOKED_AT_MAX, 1);
  nearest = LINE_PX;
  for (const event of lines.ids ?? []) {
    const source = trace.sourceOf(event);
    if (source < 0) continue;
    const share = fateOf(trace, event) === LOST ? LOST_AT : 1;
    const end_us = trace.at.values[event];
    const ends = endsOf(end_us - trace.took.values[event], end_us, source, trace.node.values[event], share);
    const away = distance(x, y, ends);
    if (away <= nearest) [best, nearest] = [event, away];
  }
  const isMany = points.level !== null || lines.level !== null;
  return { event: best, many: best < 0 && isMany ? LOOKED_AT_MAX : 0 };

  /** @param {number} sent_us @param {number} end_us @param {number} source @param {number} target @param {number} share */
  function endsOf(sent_us, end_us, source, target, share) {
    const [x0, y0] = [xOf(span, frame, sent_us), height(source)];
    const [x1, y1] = [xOf(span, frame, end_us), height(target)];
    return [x0, y0, x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
  }
}

/** From a point to a stretch of line. @param {number} x @param {number} y @param {number[]} ends */
export function distance(x, y, [x0, y0, x1, y1]) {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const along = length ? Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length)) : 0;
  return Math.hypot(x - (x0 + along * (x1 - x0)), y - (y0 + along * (y1 - y0)));
}
