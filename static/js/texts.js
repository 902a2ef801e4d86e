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

/** A difference of shares, in percentage points. @param {number} share */
function pointsOf(share) {
  return `${(100 * share).toFixed(1)} percentage points`;
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
  otherIn: (/** @type {string} */ fields) => `other ${fields}`,
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
    finished: { label: "Finished", text: "" },
    stopped: { label: "Stopped", text: "It was stopped before its end." },
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
  ended: "ended",
  instances: (/** @type {number} */ n) => some(n, "instance", "instances"),
  addInstance: (/** @type {string} */ node) => `Add an instance of ${node}`,
  removeInstance: (/** @type {string} */ node) => `Remove an instance of ${node}`,
  noneToRemove: (/** @type {string} */ node) => `No instance of ${node} is left to remove`,
  noneToAdd: (/** @type {string} */ node, /** @type {number} */ partitions) =>
    `${node} reads ${some(partitions, "partition", "partitions")}: another instance would have none to read`,
  lostHere: (/** @type {number} */ n) => `${count(n)} lost`,
  dotsSkipped: (/** @type {number} */ n) => `${some(n, "message", "messages")} not drawn`,
  talk: /** @type {Record<string, string>} */ ({
    command: "request",
    reply: "reply",
    spread: "replication",
    lead: "who may write",
  }),
  lost: "lost on the way",
  still: "Where they are at this instant; numbers say how long each will have taken.",

  faultsNow: (/** @type {string[]} */ labels) => `Now: ${labels.join("; ")}`,

  lag: "lag ",
  inStep: "in step",
  behind: (/** @type {number} */ updates) => `${some(updates, "update", "updates")} behind`,
  behindShort: (/** @type {number} */ updates, /** @type {number} */ ms) =>
    `${count(updates)} behind, ${unbroken(duration(ms))}`,
  behindFor: (/** @type {number} */ updates, /** @type {number} */ ms) =>
    `${some(updates, "update", "updates")} behind, ${unbroken(duration(ms))}`,
  differs: (/** @type {number} */ keys, /** @type {number} */ ms) =>
    `differs on ${some(keys, "key", "keys")}, ${unbroken(duration(ms))}`,
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
    `${some(n, "more key is", "more keys are")} not shown here; those that differ come first`,

  keyList: {
    find: "Find one",
    differs: "differs",
    none: "No key has these words.",
    dropped: (/** @type {number} */ n) =>
      `${
        some(n, "older key is", "older keys are")
      } not on this page any more: the space-time diagram below finds them.`,
  },

  stepOf: (/** @type {number} */ step, /** @type {number} */ steps) => `${step} of ${steps}`,
  findings: {
    later: "Told when the replay comes to the end of the run; jump there to read it now.",
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
    look: "Show what happened there",
    failedTitle: "What the checkers object to",
    noneFailed: "No checker objects",
    more: (/** @type {number} */ n) => `and ${some(n, "other witness", "other witnesses")}`,
    passed: (/** @type {string[]} */ names) => `Passed: ${names.join(", ")}.`,
    unknown: (/** @type {string[]} */ names) => `Nothing to go by: ${names.join(", ")}.`,
  },
  visibility: {
    title: "How fresh reads were",
    axis: "ms from commit to read (logarithmic)",
    measured: "measured, with 95% interval",
    predicted: "predicted",
    /** As Plotly fills it in: time, share, the prediction, how many reads. */
    hover:
      "%{customdata[0]} ms: %{y:.2f}%, predicted %{customdata[2]:.2f}% (%{customdata[1]:,} reads)<extra></extra>",
    /** @param {{reads: number, replicas: number, read: number, write: number, rmse: number, error_max: number, points: unknown[], outside: number}} found */
    about: ({ reads, replicas, read, write, rmse, error_max, points, outside }) =>
      `${
        some(reads, "read", "reads")
      } with N = ${replicas}, R = ${read}, W = ${write}. Measured and predicted differ ` +
      `by ${pointsOf(rmse)} (root mean square), ${pointsOf(Math.abs(error_max))} at most; ` +
      `${count(outside)} of ${some(points.length, "interval misses", "intervals miss")} the prediction.`,
    /** @param {{measured: number|null, predicted: number}} t */
    reached: ({ measured, predicted }) =>
      `99.9% are fresh ${
        measured === null ? "at no time that was measured" : `${duration(measured)} after the commit`
      }; predicted: ${duration(predicted)}.`,
    leftOut: (/** @type {string[]} */ what) => `The model leaves out: ${what.join("; ")}.`,
  },
  found: (/** @type {number} */ n) => (n ? `${count(n)} found` : "none found"),
  feedRest: (/** @type {number} */ n) => `and ${some(n, "other thing", "other things")}`,
  waitingForFeed: "Nothing has happened yet.",
  lanesHidden: (/** @type {number} */ n) => `${some(n, "key", "keys")} more than fit`,

  networkError: "The server did not answer.",
  networkRemedy: "Check that it is running, then try again.",
  oddAnswer: (/** @type {number} */ code) => `The server answered with status ${code}.`,
  oddRemedy: "Reload the page; your presenter session may have ended.",
  chartsFailed: "Charts could not be loaded. Everything else on this page works; reload to try again.",

  past: {
    past: { playing: "In the past", paused: "In the past, paused" },
    replay: { playing: "Replay", paused: "Replay, paused" },
    behind: (/** @type {number} */ ms, /** @type {boolean} */ isOver) =>
      ms < 1
        ? (isOver ? "the end" : "now")
        : isOver
        ? `${duration(ms)} before the end`
        : `${duration(ms)} before now`,
    toLive: "Jump to live",
    toEnd: "Jump to the end",
    live: "Live",
    end: "End",
    play: "Play",
    pause: "Pause",
    playTitle: "Play (space)",
    pauseTitle: "Pause (space)",
    speed: (/** @type {number} */ factor) => `${factor}×`,
    of: (/** @type {string} */ at, /** @type {string} */ length) => `${at} of ${length}`,
    length: (/** @type {string} */ length) => `of ${length}`,
    notDrawn: "Hatched: this page holds no figures of that time; go there to see it.",
    failed: "The past of this run cannot be shown; its history may be gone, or the server did not answer.",
  },

  price: {
    better: /** @type {Record<string, string>} */ ({
      lower: "▼ lower is better",
      higher: "▲ higher is better",
    }),
    best: "best",
    looking: "The checkers look at the whole histories …",
    of: (/** @type {number} */ n) => `of ${count(n)}`,
    pending: (/** @type {number} */ n) =>
      n === 1
        ? "1 run goes on; its figures come when it is over."
        : `${count(n)} runs go on; their figures come when they are over.`,
  },
  compare: {
    agree: (/** @type {string} */ first) => `Shows what ${first} shows`,
    differ: (/** @type {number} */ n, /** @type {string} */ first) =>
      `${some(n, "cell", "cells")} unlike ${first}`,
    cell: (/** @type {string} */ first) => `unlike run ${first}`,
    waiting: "Waiting for a run to begin …",
    failed: "A run could not be loaded; its history may be gone, or the server did not answer.",
    fork: "fork",
  },

  relation: /** @type {Record<string, string>} */ ({
    fix: "Its fix",
    fork: "A fork",
    broken: "It mends",
    original: "Forked of",
  }),
  selected: /** @type {Record<string, string>} */ ({
    key: "Key",
    node: "Service",
    message: "Message",
    update: "Update",
    window: "Divergence of",
  }),
  sideBySide: "Side by side",

  keys: {
    groups: [
      {
        title: "Time",
        actions: ["toggle", "back", "forward", "backFar", "forwardFar", "eventBefore", "eventAfter"],
      },
      { title: "Speed and place", actions: ["slower", "faster", "live"] },
      { title: "The lesson", actions: ["narrationBack", "narrationNext"] },
      { title: "The page", actions: ["projector", "escape", "help"] },
    ],
    actions: /** @type {Record<string, string>} */ ({
      toggle: "Pause, or go on",
      back: "A second back; in a lesson that is live, a step of it",
      forward: "A second on; in a lesson that is live, a step of it",
      backFar: "Five seconds back",
      forwardFar: "Five seconds on",
      eventBefore: "The event before; of the selected key, if there is one",
      eventAfter: "The next event",
      slower: "Slower",
      faster: "Faster",
      live: "Jump to live, or to the end",
      narrationBack: "Step before, also by a clicker",
      narrationNext: "Next step, also by a clicker",
      projector: "Projector: large, and only what a room must see",
      escape: "Let go of what is selected",
      help: "These keys",
    }),
    caps: /** @type {Record<string, string>} */ ({
      " ": "Space",
      Shift: "Shift",
      ArrowLeft: "←",
      ArrowRight: "→",
      PageUp: "Page ↑",
      PageDown: "Page ↓",
      Escape: "Esc",
    }),
  },

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
    divergedKeys: "keys that differ",
    stillOpen: "still open",
    closed: "closed",
    fault: "fault",
    to: "to",
    ok: "succeeded",
    notOk: "failed or unknown",
    okOf: (/** @type {number} */ ok, /** @type {number} */ all, /** @type {string} */ share) =>
      `${share}: ${count(ok)} of ${some(all, "operation", "operations")}`,
    anomalies: "what went wrong",
    anomaly: (/** @type {string} */ text, /** @type {number} */ more) =>
      more ? `${text}<br>and ${count(more)} more like it` : text,
    anomalyKinds: /** @type {Record<string, string>} */ ({
      lost: "update lost",
      failed: "operation failed",
      gone: "instance gone",
      unknown: "outcome unknown",
      missing: "found nothing",
    }),
    lengths: (
      /** @type {number} */ closed,
      /** @type {number} */ open,
      /** @type {string} */ p50,
      /** @type {string} */ p99,
    ) =>
      `${some(closed, "window has", "windows have")} closed, ${some(open, "is", "are")} still open; ` +
      `median ${p50}, p99 ${p99}.`,
    empty: /** @type {Record<string, string>} */ ({
      timeline: "Nothing differs in this part of the run",
      diverged: "All replicas agree in this part of the run",
      lag: "No message was processed in this part of the run",
      latency: "No operation ended in this part of the run",
      availability: "No operation ended in this part of the run",
      throughput: "No message was sent in this part of the run",
      lengths: "No window has opened yet. Each time replicas differ, how long they do is counted here.",
    }),
    spans: /** @type {Record<string, string>} */ ({ 30: "30 s", 120: "2 min", Infinity: "All" }),
    zoomed: (/** @type {string} */ from, /** @type {string} */ to) => `${from} to ${to}`,
    unzoom: "Show the last seconds again",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    brush: "Drag across a chart to zoom",
    save: (/** @type {string} */ title) => `Save “${title}”`,
    saveFailed: "This chart could not be saved; reload the page and try again.",
    formats: /** @type {Record<string, string>} */ ({
      png: "PNG, a picture",
      svg: "SVG, to draw on",
      csv: "CSV, its numbers",
    }),
  },
};
