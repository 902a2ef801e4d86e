/** Traces for tests: a small system of nodes that send, deliver, lose and double messages, with seeded chance. */

import { createTrace, KINDS } from "../../static/js/spacetime/trace.js";

/** @param {number} seed */
export function chance(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @typedef {{kind: string, at_us: number, node: string, key?: string, what?: string, ref?: string, other?: string,
 *   took_us?: number, extra?: number|string, targets?: string[]}} Told
 */

/**
 * Events as one piece, as the server would send them.
 *
 * @param {Told[]} events
 * @param {{first?: number, nodes?: string[], started_us?: number}} [about]
 * @returns {import("../../static/js/spacetime/trace.js").Piece}
 */
export function pieceOf(events, { first = 0, nodes = [], started_us = 0 } = {}) {
  /** @type {string[]} */
  const names = [];
  const place = (/** @type {string|undefined} */ text) => {
    if (text === undefined) return -1;
    const found = names.indexOf(text);
    return found < 0 ? names.push(text) - 1 : found;
  };
  let last = 0;
  const rows = events.map((event) => {
    const at = event.at_us - last;
    last = event.at_us;
    return {
      at,
      kind: KINDS.indexOf(event.kind),
      node: event.node ? place(event.node) : -1,
      key: place(event.key),
      what: place(event.what),
      ref: place(event.ref),
      other: place(event.other),
      took_us: event.took_us ?? 0,
      extra: typeof event.extra === "string" ? place(event.extra) : event.extra ?? 0,
    };
  });
  return {
    kinds: KINDS,
    nodes,
    started_us,
    ended: false,
    total: first + events.length,
    first,
    count: events.length,
    names,
    at_us: rows.map((row) => row.at),
    kind: rows.map((row) => row.kind),
    node: rows.map((row) => row.node),
    key: rows.map((row) => row.key),
    what: rows.map((row) => row.what),
    ref: rows.map((row) => row.ref),
    other: rows.map((row) => row.other),
    took_us: rows.map((row) => row.took_us),
    extra: rows.map((row) => row.extra),
    faults: events.flatMap((event, i) => event.targets ? [{ event: i, targets: event.targets }] : []),
    next: "",
    more: false,
  };
}

/**
 * A run of `steps` steps: each sends a message, or delivers, doubles or loses one that is under way.
 *
 * @param {number} seed
 * @param {number} steps
 * @param {number} [nodes]
 * @returns {Told[]}
 */
export function randomRun(seed, steps, nodes = 4) {
  const random = chance(seed);
  const any = (/** @type {number} */ n) => Math.floor(random() * n);
  /** @type {Told[]} */
  const events = [];
  /** @type {{ref: string, key: string, source: string, sent_us: number, copies: number}[]} */
  const underWay = [];
  let at_us = 0;
  for (let step = 0; step < steps; step += 1) {
    at_us += any(900);
    const node = `n${any(nodes)}`;
    const roll = random();
    if (roll < 0.45 || !underWay.length) {
      const [ref, key] = [`m${step}`, `k${any(3)}`];
      events.push({ kind: "sent", at_us, node, key, what: "T", ref, other: "topic" });
      underWay.push({ ref, key, source: node, sent_us: at_us, copies: 0 });
    } else if (roll < 0.9) {
      const place = any(underWay.length);
      const { ref, key, source, sent_us, copies } = underWay[place];
      const kind = random() < 0.15 ? "dropped" : "delivered";
      const extra = kind === "dropped" ? "loss" : copies;
      events.push({ kind, at_us, node, key, what: "T", ref, other: source, took_us: at_us - sent_us, extra });
      underWay[place].copies += 1;
      if (random() < 0.8) underWay.splice(place, 1);
    } else {
      events.push({ kind: "applied", at_us, node, key: `k${any(3)}`, ref: `u${step}`, extra: 1 });
    }
  }
  return events;
}

/** @param {Told[]} events @param {{size?: number, nodes?: string[]}} [how] */
export function traceOf(events, { size = 1_000, nodes = [] } = {}) {
  const trace = createTrace();
  for (let first = 0; first < events.length || !first; first += size) {
    trace.append(pieceOf(events.slice(first, first + size), { first, nodes }));
  }
  return trace;
}
