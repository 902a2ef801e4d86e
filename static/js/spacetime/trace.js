/**
 * The trace of a run as columns, folded from the pieces that the server sends (`live/trace/columns.py`). Pure.
 *
 * Rules
 * 1. Event `i` is observation `first + i` of the history; times are microseconds since the run began.
 * 2. A delivery is linked to its sending (`link`), if that is in the trace; else it is drawn by what it says itself.
 * 3. Bounded: at most `EVENTS_MAX` events; what comes after them is not taken, and `full` says so.
 *
 * @typedef {object} Piece
 * @property {string[]} kinds
 * @property {string[]} nodes
 * @property {number} started_us
 * @property {boolean} ended
 * @property {number} total observations of the history by now
 * @property {number} first
 * @property {number} count
 * @property {string[]} names
 * @property {number[]} at_us each the difference to the one before
 * @property {number[]} kind
 * @property {number[]} node
 * @property {number[]} key
 * @property {number[]} what
 * @property {number[]} ref
 * @property {number[]} other
 * @property {number[]} took_us
 * @property {number[]} extra
 * @property {{event: number, targets: string[]}[]} faults
 * @property {string} next
 * @property {boolean} more
 *
 * @typedef {object} Fault
 * @property {string} id
 * @property {string} what
 * @property {string} label
 * @property {string[]} targets nodes, or links as "eu>us"
 * @property {number} from_us
 * @property {number|null} to_us
 *
 * @typedef {ReturnType<typeof createTrace>} Trace
 */

import { column } from "./columns.js";

export const EVENTS_MAX = 600_000;
export const FAULTS_MAX = 400;

/** The kinds of events, in the order of the server's `KINDS`. */
export const KINDS = [
  "sent",
  "delivered",
  "dropped",
  "applied",
  "invoked",
  "completed",
  "effected",
  "changed",
  "faulted",
];
export const [SENT, DELIVERED, DROPPED, APPLIED, INVOKED, COMPLETED, EFFECTED, CHANGED, FAULTED] = KINDS
  .keys();

/** Kinds whose `extra` is a name rather than a number. */
const NAMED = new Set([DROPPED, INVOKED, COMPLETED]);

/** An empty trace. @param {number} [most] */
export function createTrace(most = EVENTS_MAX) {
  /** @type {string[]} */
  const names = [];
  /** @type {Map<string, number>} */
  const places = new Map();
  /** @type {string[]} */
  const nodes = [];
  /** @type {Map<number, number>} name → lane */
  const lanes = new Map();
  /** @type {Map<number, number>} message → its sending */
  const sendings = new Map();
  /** @type {Fault[]} */
  const faults = [];
  const columns = {
    at: column(Float64Array),
    kind: column(Uint8Array),
    node: column(Int32Array),
    key: column(Int32Array),
    what: column(Int32Array),
    ref: column(Int32Array),
    other: column(Int32Array),
    took: column(Float64Array),
    extra: column(Float64Array),
    link: column(Int32Array),
  };
  const trace = {
    ...columns,
    names,
    nodes,
    faults,
    count: 0,
    /** Index in the history of event 0, and when the run began, by the recorder. */
    first: 0,
    started_us: 0,
    total: 0,
    ended: false,
    full: false,
    last_us: 0,
    append,
    /** The name at a place, or nothing. @param {number} place */
    name: (place) => (place < 0 ? "" : names[place]),
    /** The place of a name that some event has, or -1. @param {string} text */
    placeOf: (text) => places.get(text) ?? -1,
    /** The lane of a node, or -1. @param {string} node */
    laneOf: (node) => lanes.get(places.get(node) ?? -1) ?? -1,
    /** The event of an observation, or -1. @param {number} index */
    eventOf: (
      index,
    ) => (index >= trace.first && index < trace.first + trace.count ? index - trace.first : -1),
    /** The lane that a message came from; -1 for what is no message. @param {number} event */
    sourceOf,
  };

  /** @param {string} text */
  function placed(text) {
    let place = places.get(text);
    if (place === undefined) {
      place = names.length;
      names.push(text);
      places.set(text, place);
    }
    return place;
  }

  /** @param {number} name */
  function laneNamed(name) {
    if (name < 0) return -1;
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = nodes.length;
      nodes.push(names[name]);
      lanes.set(name, lane);
    }
    return lane;
  }

  /**
   * Takes in the next piece; returns how many events were added.
   *
   * @param {Piece} piece
   */
  function append(piece) {
    if (!trace.count) {
      trace.first = piece.first;
      trace.started_us = piece.started_us;
      for (const node of piece.nodes) laneNamed(placed(node));
    }
    trace.total = piece.total;
    trace.ended = piece.ended;
    if (!piece.count) return 0;
    if (piece.first !== trace.first + trace.count) return 0; // a piece that was asked for twice
    const global = piece.names.map(placed);
    const told = (/** @type {number} */ place) => (place < 0 ? -1 : global[place]);
    const before = trace.count;
    let at_us = 0;
    for (let i = 0; i < piece.count; i += 1) {
      at_us += piece.at_us[i];
      if (trace.count >= most) {
        trace.full = true;
        break;
      }
      const kind = piece.kind[i];
      const ref = told(piece.ref[i]);
      const event = trace.count;
      columns.at.push(at_us - trace.started_us);
      columns.kind.push(kind);
      columns.node.push(laneNamed(told(piece.node[i])));
      columns.key.push(told(piece.key[i]));
      columns.what.push(told(piece.what[i]));
      columns.ref.push(ref);
      columns.other.push(told(piece.other[i]));
      columns.took.push(piece.took_us[i]);
      columns.extra.push(NAMED.has(kind) ? told(piece.extra[i]) : piece.extra[i]);
      columns.link.push(kind === DELIVERED || kind === DROPPED ? sendings.get(ref) ?? -1 : -1);
      if (kind === SENT) sendings.set(ref, event);
      trace.count += 1;
    }
    for (const { event, targets } of piece.faults) {
      if (before + event < trace.count) faulted(before + event, targets);
    }
    trace.last_us = columns.at.values[trace.count - 1];
    return trace.count - before;
  }

  /** @param {number} event @param {string[]} targets */
  function faulted(event, targets) {
    const id = names[columns.ref.values[event]];
    const at_us = columns.at.values[event];
    const open = faults.find((fault) => fault.id === id && fault.to_us === null);
    if (open) open.to_us = at_us;
    if (!columns.extra.values[event] || faults.length >= FAULTS_MAX) return;
    const label = names[columns.other.values[event]];
    const what = names[columns.what.values[event]];
    faults.push({ id, what, label, targets, from_us: at_us, to_us: null });
  }

  /** @param {number} event */
  function sourceOf(event) {
    const link = columns.link.values[event];
    if (link >= 0) return columns.node.values[link];
    const kind = columns.kind.values[event];
    return kind === DELIVERED || kind === DROPPED ? lanes.get(columns.other.values[event]) ?? -1 : -1;
  }

  return trace;
}
