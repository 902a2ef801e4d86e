/**
 * An event in words, and what it selects on the page. Pure.
 *
 * @import {Selection} from "../types.js"
 * @import {Trace} from "./trace.js"
 */

import { runTime } from "../format.js";
import { spacetimeTexts as texts } from "./texts.js";
import {
  APPLIED,
  CHANGED,
  COMPLETED,
  DELIVERED,
  DROPPED,
  EFFECTED,
  FAULTED,
  INVOKED,
  SENT,
} from "./trace.js";

/** @param {Trace} trace @param {number} event */
export function named(trace, event) {
  const kind = trace.kind.values[event];
  const key = trace.name(trace.key.values[event]);
  const what = trace.name(trace.what.values[event]);
  const ref = trace.name(trace.ref.values[event]);
  const other = trace.name(trace.other.values[event]);
  const node = trace.nodes[trace.node.values[event]] ?? "";
  const extra = trace.extra.values[event];
  switch (kind) {
    case SENT:
      return texts.sent(what, node, key);
    case DELIVERED: {
      const told = texts.delivered(what, other, node, key, trace.took.values[event]);
      return extra > 0 ? `${told}, ${texts.copy(extra)}` : told;
    }
    case DROPPED:
      return texts.dropped(what, other, node, key, trace.name(extra));
    case APPLIED:
      return texts.applied(node, ref, key);
    case INVOKED:
      return texts.invoked(trace.name(extra), what, key);
    case COMPLETED:
      return texts.completed(trace.name(extra), what, key, other);
    case EFFECTED:
      return texts.effected(node, what, key);
    case CHANGED:
      return texts.changed(ref, what, other);
    case FAULTED:
      return texts.faulted(other, extra > 0);
    default:
      return "";
  }
}

/** With its time before it. @param {Trace} trace @param {number} event */
export function timed(trace, event) {
  const us = trace.at.values[event];
  const fine = String(Math.round(us % 100_000)).padStart(5, "0");
  return `${runTime(us)}${fine.slice(0, 2)} · ${named(trace, event)}`;
}

/**
 * What the page points at when an event is clicked.
 *
 * @param {Trace} trace
 * @param {number} event
 * @returns {Selection}
 */
export function selectionOf(trace, event) {
  const kind = trace.kind.values[event];
  const key = trace.name(trace.key.values[event]);
  const at_us = trace.at.values[event] + trace.started_us;
  const ref = trace.name(trace.ref.values[event]);
  if (kind === SENT || kind === DELIVERED || kind === DROPPED) {
    return { kind: "message", id: ref, at_us, ids: [key] };
  }
  if (kind === APPLIED) return { kind: "update", id: ref, at_us, ids: [key] };
  const node = trace.nodes[trace.node.values[event]] ?? "";
  return key ? { kind: "key", id: key, at_us } : { kind: "node", id: node, at_us };
}

/**
 * The event that a selection points at: of those that bear its id the one at its time, else the first; -1 for none.
 *
 * @param {Trace} trace
 * @param {Selection} selection
 */
export function eventAt(trace, { kind, id, at_us }) {
  if (kind !== "message" && kind !== "update") return -1;
  const ref = trace.placeOf(id);
  if (ref < 0) return -1;
  const wanted = kind === "update" ? APPLIED : DROPPED;
  let first = -1;
  for (let event = 0; event < trace.count; event += 1) {
    if (trace.ref.values[event] !== ref) continue;
    const its = trace.kind.values[event];
    if (kind === "update" ? its !== wanted : its > wanted) continue;
    if (at_us === undefined || trace.at.values[event] === at_us - trace.started_us) return event;
    if (first < 0) first = event;
  }
  return first;
}
