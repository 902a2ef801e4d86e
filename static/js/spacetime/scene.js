/**
 * What is to be drawn of a trace: its messages and its events, each at every level of detail. Pure.
 *
 * A group is what may be drawn together: for messages source, target, fate and tone, for events lane and kind. `wants`
 * picks the events of the trace (a message is picked by the event that ends it), `toneOf` colours them.
 *
 * @import {Trace} from "./trace.js"
 * @typedef {ReturnType<typeof createScene>} Scene
 */

import { createLod } from "./lod.js";
import { APPLIED, DELIVERED, DROPPED, SENT } from "./trace.js";

export const TONES_MAX = 32;
const LANES_MAX = 1_024;
export const ARRIVED = 0;
export const LOST = 1;
export const DOUBLED = 2;
const FATES = 4;

/**
 * @param {Trace} trace
 * @param {(event: number) => boolean} wants
 * @param {(event: number) => number} toneOf from 0 to `TONES_MAX` - 1
 */
export function createScene(trace, wants, toneOf) {
  const messages = createLod();
  const events = createLod();
  let upTo = 0;
  const extend = () => {
    for (; upTo < trace.count; upTo += 1) {
      const kind = trace.kind.values[upTo];
      const lane = trace.node.values[upTo];
      if (lane < 0 || kind === SENT || !wants(upTo)) continue;
      const at_us = trace.at.values[upTo];
      if (kind < APPLIED) {
        messages.append(upTo, messageGroup(trace, upTo, toneOf(upTo)), at_us, trace.took.values[upTo]);
      } else events.append(upTo, (lane * FATES * 4 + kind) * TONES_MAX + toneOf(upTo), at_us, 0);
    }
  };
  extend();
  return { messages, events, extend, toneOf };
}

/** @param {Trace} trace @param {number} event @param {number} tone */
export function messageGroup(trace, event, tone) {
  const source = Math.min(LANES_MAX - 2, trace.sourceOf(event)) + 1;
  const target = Math.min(LANES_MAX - 1, trace.node.values[event]);
  return ((source * LANES_MAX + target) * FATES + fateOf(trace, event)) * TONES_MAX + tone;
}

/** @param {Trace} trace @param {number} event */
export function fateOf(trace, event) {
  if (trace.kind.values[event] === DROPPED) return LOST;
  return trace.kind.values[event] === DELIVERED && trace.extra.values[event] > 0 ? DOUBLED : ARRIVED;
}

/** What the group of a message means; `source` is -1 where it is not known. @param {number} group */
export function messageOf(group) {
  const tone = group % TONES_MAX;
  const rest = Math.floor(group / TONES_MAX);
  const lanes = Math.floor(rest / FATES);
  return {
    tone,
    fate: rest % FATES,
    target: lanes % LANES_MAX,
    source: Math.floor(lanes / LANES_MAX) - 1,
  };
}

/** What the group of an event means. @param {number} group */
export function eventOf(group) {
  const rest = Math.floor(group / TONES_MAX);
  return { tone: group % TONES_MAX, kind: rest % (FATES * 4), lane: Math.floor(rest / (FATES * 4)) };
}
