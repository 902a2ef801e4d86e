/**
 * What is highlighted: the past and the future of the selected event, or all that belongs to a key or a node. Pure.
 *
 * @import {Selection} from "../types.js"
 * @import {Cone} from "./causality.js"
 * @import {Trace} from "./trace.js"
 */

import { createScene } from "./scene.js";

/** Tones of a scene that shows a cone. */
export const PAST = 0;
export const FUTURE = 1;

/**
 * A scene of what is highlighted; nothing where all is as it is.
 *
 * @param {Trace} trace
 * @param {object} what
 * @param {Cone|null} what.cone
 * @param {Selection|null} what.selection
 * @param {((event: number) => boolean)|null} what.filter
 * @param {(event: number) => number} what.toneOf
 */
export function litScene(trace, { cone, selection, filter, toneOf }) {
  if (cone) {
    const isLit = (/** @type {number} */ i) => i === cone.event || cone.isPast(i) || cone.isFuture(i);
    const isWanted = (/** @type {number} */ i) => isLit(i) && (!filter || filter(i));
    return createScene(trace, isWanted, (i) => (cone.isFuture(i) ? FUTURE : PAST));
  }
  if (!selection || selection.kind === "message" || selection.kind === "update") return null;
  const { kind, id, ids } = selection;
  const lane = kind === "node" ? trace.laneOf(id) : -1;
  const key = trace.placeOf(kind === "window" ? ids?.[0] ?? "" : id);
  if (lane < 0 && key < 0) return null;
  const isLit = lane >= 0
    ? (/** @type {number} */ i) => trace.node.values[i] === lane || trace.sourceOf(i) === lane
    : (/** @type {number} */ i) => trace.key.values[i] === key;
  return createScene(trace, (i) => (!filter || filter(i)) && isLit(i), toneOf);
}
