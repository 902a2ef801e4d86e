/** The space-time diagram's and the conflicts' part of the catalogue of texts (`texts.js`). */

import { count, duration } from "../format.js";

/** @param {number} n @param {string} one @param {string} many */
function some(n, one, many) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export const spacetimeTexts = {
  loading: "Loading the trace …",
  loaded: (/** @type {number} */ events, /** @type {number} */ total) =>
    events < total ? `${count(events)} of ${some(total, "event", "events")}` : some(total, "event", "events"),
  found: (/** @type {number} */ n, /** @type {number} */ of) =>
    `${some(n, "event", "events")} of ${count(of)} match`,
  full: (/** @type {number} */ n, /** @type {number} */ total) =>
    `The diagram holds the first ${count(n)} of ${count(total)} events.`,
  failed: "The trace could not be loaded.",
  failedText: "Reload the page to try again.",
  emptyTitle: "Nothing has happened yet",
  emptyText:
    "Each node becomes a line, and each message goes from one line to another as time runs to the right.",
  noneTitle: "Nothing matches",
  noneText: "Leave out a word, or show everything.",
  choices: /** @type {Record<string, string>} */ ({
    all: "Everything",
    messages: "Messages",
    trouble: "Lost and doubled",
    updates: "Updates",
    operations: "Operations",
    effects: "Effects",
  }),
  orders: /** @type {Record<string, string>} */ ({
    node: "all its events",
    key: "events of one key",
  }),
  help:
    "Drag or arrow keys move, wheel or + and - zoom, 0 shows the whole run, [ and ] go from event to event, Enter selects, Escape lets go.",
  legend: {
    applied: "update applied",
    operation: "operation of a client",
    effect: "effect on the world",
    lost: "message lost",
    doubled: "doubled by the network",
    concurrent: "concurrent update",
    merge: "where they met",
    gone: "update lost there",
    past: "can have known",
    future: "can have been told",
  },
  sent: (/** @type {string} */ type, /** @type {string} */ node, /** @type {string} */ key) =>
    `${node} sent ${type} about ${key}`,
  delivered: (
    /** @type {string} */ type,
    /** @type {string} */ from,
    /** @type {string} */ to,
    /** @type {string} */ key,
    /** @type {number} */ took_us,
  ) => `${type} about ${key}: ${from} to ${to} in ${duration(took_us / 1000)}`,
  copy: (/** @type {number} */ n) => `copy ${count(n)}`,
  dropped: (
    /** @type {string} */ type,
    /** @type {string} */ from,
    /** @type {string} */ to,
    /** @type {string} */ key,
    /** @type {string} */ reason,
  ) => `${type} about ${key}, from ${from} to ${to}, was lost (${reason})`,
  applied: (/** @type {string} */ node, /** @type {string} */ update, /** @type {string} */ key) =>
    `${node} applied ${update} to ${key}`,
  invoked: (/** @type {string} */ session, /** @type {string} */ f, /** @type {string} */ key) =>
    `${session} began ${f} of ${key}`,
  completed: (
    /** @type {string} */ session,
    /** @type {string} */ f,
    /** @type {string} */ key,
    /** @type {string} */ outcome,
  ) => `${session} ended ${f} of ${key}: ${outcome}`,
  effected: (/** @type {string} */ node, /** @type {string} */ effect, /** @type {string} */ key) =>
    `${node} caused ${effect} about ${key}`,
  changed: (/** @type {string} */ instance, /** @type {string} */ state, /** @type {string} */ reason) =>
    reason ? `${instance} is ${state}: ${reason}` : `${instance} is ${state}`,
  faulted: (/** @type {string} */ label, /** @type {boolean} */ began) =>
    `${label}: ${began ? "begins" : "over"}`,
  nobody: "a node that is not in the trace",
  many: (/** @type {number} */ n) => `More than ${count(n)} here: zoom in to tell them apart`,
  cone: (/** @type {number} */ past, /** @type {number} */ future) =>
    `It can have known of ${some(past, "event", "events")}, and ${count(future)} can have known of it.`,
  detailFailed: "Its value could not be loaded.",
  letGo: "Let go",
  follow: "Follow",
  instances: (/** @type {number} */ n) => some(n, "instance", "instances"),
};

export const conflictTexts = {
  waiting: "Told when the run is over; look sooner if you like.",
  looking: "Looking through the history …",
  failed: "The conflicts could not be loaded; try again.",
  look: "Look now",
  again: "Look again",
  emptyTitle: "No conflict",
  emptyText: (/** @type {number} */ commuting) =>
    commuting
      ? `${
        some(commuting, "update", "updates")
      } met others that they did not know, and commute with them: nothing had to be decided.`
      : "No update met another one that it did not know, and nothing that was written is gone.",
  summary: (/** @type {number} */ total, /** @type {number} */ shown) =>
    shown < total
      ? `${some(total, "conflict", "conflicts")}; the ${count(shown)} worst are listed`
      : some(total, "conflict", "conflicts"),
  skipped: (/** @type {number} */ n) => `${some(n, "later apply was", "later applies were")} not looked at.`,
  outcome: /** @type {Record<string, string>} */ ({
    overwritten: "overwritten",
    discarded: "discarded",
    gone: "vanished",
    back: "came back",
    again: "applied twice",
    siblings: "siblings",
    merged: "merged",
  }),
  all: "All",
  wrote: (/** @type {string} */ who, /** @type {string} */ did, /** @type {string} */ what) =>
    [who, did, what].filter(Boolean).join(" "),
  service: (/** @type {string} */ update) => `${update}, by a service`,
  knew: (/** @type {string[]} */ updates, /** @type {number} */ more) =>
    updates.length
      ? `knew ${updates.join(", ")}${more ? `, and ${count(more)} more` : ""}`
      : "knew nothing of this key",
  knewByReplica: "as the replica that took it had applied; the client had read nothing",
  knewUnknown: "what it knew is not recorded",
  more: (/** @type {number} */ n) => `and ${some(n, "other update", "other updates")}`,
  rule: "Rule",
  field: "Field",
  before: "before",
  after: "after",
  change: /** @type {Record<string, string>} */ ({ same: "", new: "new", changed: "changed", gone: "gone" }),
  elsewhere: (/** @type {string} */ node, /** @type {string} */ outcome, /** @type {string} */ value) =>
    `${node}: ${outcome}, shows ${value}`,
  elsewhereTitle: "And at other replicas",
  fields: "Field by field",
  fate: { lost: "lost here", forGood: "lost for good" },
  where: (/** @type {string} */ update, /** @type {string} */ node, /** @type {string} */ time) =>
    node ? `${update}, at ${node}, ${time}` : `${update}, ${time}`,
  entry: (/** @type {string} */ update, /** @type {string} */ node, /** @type {string} */ time) =>
    `${update} at ${node}, ${time}`,
  counted: (/** @type {string} */ label, /** @type {number} */ n) => `${label} ${count(n)}`,
};
