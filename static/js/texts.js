/**
 * Every English sentence and label that the scripts put on the page, in one place.
 *
 * @import {Totals} from "./types.js"
 */

import { count, duration } from "./format.js";

/** @param {number} n @param {string} one @param {string} many */
function some(n, one, many) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A number and its unit stay on one line. @param {string} text */
function unbroken(text) {
  return text.replace(" ", "\u00a0");
}

/** @type {Record<string, string>} */
const status = {
  incomplete: "incomplete",
  placed: "placed",
  validated: "validated",
  taxed: "taxed",
  mailed: "mailed",
  rejected: "rejected",
};

export const texts = {
  status,
  absent: "absent",
  items: (/** @type {number} */ n) => some(n, "item", "items"),
  without: (/** @type {string[]} */ items) =>
    items.length > 2 ? `without ${count(items.length)} that others have` : `without ${items.join(", ")}`,
  netAmount: (/** @type {string} */ amount) => `${amount} net`,

  connection: /** @type {Record<string, string>} */ ({
    connecting: "Connecting",
    live: "Live",
    reconnecting: "Reconnecting",
    ended: "Run over",
    refused: "Refused",
  }),
  retryIn: (/** @type {number} */ seconds) => `Reconnecting in ${seconds} s`,
  quietFor: (/** @type {string} */ time) => `No news for ${time}`,
  nobodyWorks: "No worker is running, so nothing happens.",
  startAWorker:
    "A worker that the laboratory started is started again by itself. Otherwise start one with the same REDIS_URL: " +
    "python -m celery -A workers.runtime.celery_app worker -P threads -c 64",
  caughtUp: (/** @type {string} */ reason, /** @type {number|null} */ frames) => {
    if (reason === "gap") {
      const missed = frames
        ? `${some(frames, "frame was", "frames were")} skipped`
        : "some frames were skipped";
      return `This page fell behind, so it was sent a whole picture; ${missed}. Nothing is missing from the totals.`;
    }
    if (reason === "restarted") {
      return "The server was restarted, so this page was sent a whole picture. Nothing is missing from the totals.";
    }
    return "";
  },

  runState: /** @type {Record<string, {label: string, text: string}>} */ ({
    pending: { label: "Pending", text: "The nodes are starting; it begins in a few seconds." },
    running: { label: "Running", text: "" },
    draining: { label: "Draining", text: "Nothing new begins; what is under way may arrive." },
    finished: { label: "Finished", text: "This is how it ended:" },
    stopped: { label: "Stopped", text: "This is how it stood when it was stopped:" },
    failed: { label: "Failed", text: "The run failed." },
  }),

  instanceState: /** @type {Record<string, string>} */ ({
    alive: "alive",
    starting: "starting",
    paused: "paused",
    down: "down",
    dead: "dead",
  }),
  instanceTitle: (
    /** @type {string} */ id,
    /** @type {string} */ state,
    /** @type {number} */ epoch,
    /** @type {number} */ age_ms,
    /** @type {number[]} */ partitions,
  ) =>
    `${id}: ${state}, epoch ${epoch}, last sign of life ${duration(age_ms)} ago, ` +
    `partitions ${partitions.length ? partitions.join(", ") : "none"}`,
  noInstance: "no instance",
  instances: (/** @type {number} */ n) => some(n, "instance", "instances"),
  addInstance: (/** @type {string} */ node) => `Add an instance of ${node}`,
  removeInstance: (/** @type {string} */ node) => `Remove an instance of ${node}`,
  noneToRemove: (/** @type {string} */ node) => `No instance of ${node} is left to remove`,
  noneToAdd: (/** @type {string} */ node, /** @type {number} */ partitions) =>
    `${node} reads ${some(partitions, "partition", "partitions")}: another instance would have none to read`,
  ratePerSecond: (/** @type {number} */ n) => `${count(n)}/s`,
  lostHere: (/** @type {number} */ n) => `${count(n)} lost`,
  dotsSkipped: (/** @type {number} */ n) => `${some(n, "message", "messages")} not drawn`,
  talk: /** @type {Record<string, string>} */ ({
    command: "request",
    reply: "reply",
    spread: "replication",
    lead: "who may write",
  }),
  lost: "lost on the way",

  faultsNow: (/** @type {string[]} */ labels) => `Now: ${labels.join("; ")}`,

  lag: "lag ",
  inStep: "in step",
  behind: (/** @type {number} */ updates) => `${some(updates, "update", "updates")} behind`,
  behindShort: (/** @type {number} */ updates, /** @type {number} */ ms) =>
    `${count(updates)} behind, ${unbroken(duration(ms))}`,
  behindFor: (/** @type {number} */ updates, /** @type {number} */ ms) =>
    `${some(updates, "update", "updates")} behind, ${duration(ms)}`,
  differs: (/** @type {number} */ keys, /** @type {number} */ ms) =>
    `differs on ${some(keys, "key", "keys")}, ${duration(ms)}`,
  differsShort: (/** @type {number} */ keys, /** @type {number} */ ms) =>
    `${count(keys)} differ, ${unbroken(duration(ms))}`,
  allAgree: "All replicas agree",
  oneReplica: "Only one replica",
  disagree: (/** @type {number} */ n, /** @type {boolean} */ isOver) =>
    isOver
      ? `${some(n, "key differed", "keys differed")} at the end`
      : `${some(n, "key differs", "keys differ")} now`,
  divergedKeys: (/** @type {boolean} */ isOver) => isOver ? "Differ at the end" : "Keys that differ now",
  moreKeys: (/** @type {number} */ n) =>
    `${some(n, "more key is", "more keys are")} known but not shown here`,

  stepOf: (/** @type {number} */ step, /** @type {number} */ steps) => `${step} of ${steps}`,
  findings: {
    looking: "The checkers look at the whole history …",
    failed: "The history could not be checked; reload the page to try again.",
    lookedAt: (/** @type {number} */ n) => `By the checkers, from ${some(n, "observation", "observations")}.`,
    expectedTitle: "What was expected",
    expected: /** @type {Record<string, string>} */ ({
      passed: "seen",
      failed: "not seen",
      maybe: "not this time",
      unknown: "cannot be told",
    }),
    share: (/** @type {string} */ share) => `expected in ${share}`,
    failedTitle: "What the checkers object to",
    noneFailed: "No checker objects",
    more: (/** @type {number} */ n) => `and ${some(n, "other witness", "other witnesses")}`,
    passed: (/** @type {string[]} */ names) => `Passed: ${names.join(", ")}.`,
    unknown: (/** @type {string[]} */ names) => `Nothing to go by: ${names.join(", ")}.`,
  },
  found: (/** @type {number} */ n) => (n ? `${count(n)} found` : "none found"),
  feedRest: (/** @type {number} */ n) => `and ${some(n, "other thing", "other things")}`,
  waitingForFeed: "Nothing has happened yet.",
  noDivergence: (/** @type {number} */ seconds) => `No divergence in the last ${seconds} s`,
  lanesHidden: (/** @type {number} */ n) => `${some(n, "key", "keys")} more than fit`,

  networkError: "The server did not answer.",
  networkRemedy: "Check that it is running, then try again.",
  oddAnswer: (/** @type {number} */ code) => `The server answered with status ${code}.`,
  oddRemedy: "Reload the page; your presenter session may have ended.",
  chartsFailed: "Charts could not be loaded. Everything else on this page works; reload to try again.",

  theme: /** @type {Record<string, string>} */ ({
    auto: "Colours: as the system",
    light: "Colours: light",
    dark: "Colours: dark",
  }),

  totals: {
    placed: (/** @type {Totals} */ totals) =>
      [
        `${count(totals.updates_accepted)} ${
          totals.updates_failed || totals.updates_unknown ? "ok" : "accepted"
        }`,
        totals.updates_failed ? `${count(totals.updates_failed)} failed` : "",
        totals.updates_unknown ? `${count(totals.updates_unknown)} unknown` : "",
      ].filter(Boolean).join(", "),
    settled: (/** @type {Totals} */ totals) => `of ${count(totals.updates_accepted)} accepted`,
    inAgreement: "at every replica",
    byClients: "by clients",
    windows: (/** @type {number} */ n, /** @type {boolean} */ isOver) =>
      `${some(n, "window", "windows")} ${isOver ? "in all" : "so far"}`,
    share: "of the run so far",
    shareAtEnd: "of the whole run",
    median: (/** @type {number|null} */ ms) => `median ${duration(ms)}`,
    reads: (/** @type {number} */ n) => some(n, "read", "reads"),
    deliveries: (/** @type {number} */ n) => `of ${some(n, "delivery", "deliveries")}`,
  },

  chart: {
    sent: "sent",
    delivered: "delivered",
    dropped: "lost",
    p50: "median",
    p99: "99th percentile",
    valueWindow: "values differ",
    updatesWindow: "updates under way",
    divergedKeys: "keys",
    stillOpen: "still open",
    fault: "fault",
    secondsAxis: "s",
  },
};
