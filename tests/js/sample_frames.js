/**
 * Realistic frames without a server: plays the sample system and says, frame by frame, what the real server would say.
 * Deterministic for a seed; `advance` gives the next delta, `snapshot` the whole picture as of the last one.
 *
 * @import {Delta, Snapshot, KeyView, WindowView, Second, Sentence, RunView, InstanceView, FaultView} from "../../static/js/types.js"
 * @import {Happening} from "./sample_system.js"
 */

import {
  FAULTS_MAX,
  KEYS_MAX,
  MARKS_MAX,
  SECONDS_MAX,
  SENTENCES_MAX,
  WINDOWS_MAX,
} from "../../static/js/store.js";
import { canonical } from "../../static/js/values.js";
import { lengthsOf, noTotals, quantile } from "./sample_totals.js";
import { happeningsOf, randomOf, sampleNodes, valueOf } from "./sample_system.js";

const STARTED_US = 1_764_000_000_000_000;

/**
 * @param {{seed?: number, orders_per_s?: number, views?: number, slow?: string, loss?: number, boot?: string}} [options]
 */
export function createSampleServer(
  { seed = 1, orders_per_s = 2, views = 2, slow = "view-2", loss = 0.004, boot = "boot-1" } = {},
) {
  const random = randomOf(seed);
  const nodes = sampleNodes(views);
  const replicas = nodes.filter((node) => node.replica).map((node) => node.id);
  const viewNames = nodes.filter((node) => node.role === "view").map((node) => node.id);
  /** @type {Happening[]} */
  let ahead = [];
  let order = 0;
  let nextOrder_us = STARTED_US + 300_000;
  let at_us = STARTED_US;
  let seq = 0;
  const totals = noTotals();
  /** @type {Map<string, KeyView>} */
  const keys = new Map();
  /** @type {Map<string, Set<string>>} */
  const facts = new Map();
  /** @type {WindowView[]} */
  const windows = [];
  /** @type {Second[]} */
  let seconds = [];
  /** @type {Sentence[]} */
  let sentences = [];
  /** @type {Sentence[]} */
  let marks = [];
  const settled = new Set();
  /** @type {number[]} */
  const lengths_ms = [];
  let globalSince_us = -1;
  let keys_dropped = 0;
  let windows_dropped = 0;
  /** @type {Map<string, FaultView>} */
  const faults = new Map();
  let faults_dropped = 0;
  /** @type {RunView} */
  let run = {
    id: "0198-sample",
    scenario: "broadcast",
    title: "Asynchronous broadcast",
    design: "asynchronous-broadcast",
    summary: "Services subscribe to events and work at their own pace.",
    seed,
    partitions: 4,
    state: "running",
    reason: "",
    started_us: STARTED_US,
    subject: "order",
    ended_us: null,
  };
  /** @type {InstanceView[]} */
  let instances = nodes.flatMap((node) =>
    Array.from({ length: node.id === "tax" ? 2 : 1 }, (_, i) => ({
      id: `${node.id}/${i}`,
      node: node.id,
      state: "alive",
      epoch: 1,
      age_ms: 40,
      partitions: [0, 1, 2, 3],
    }))
  );

  /** @typedef {{keys: Set<string>, opened: WindowView[], closed: WindowView[], seconds: Set<number>, messages: any[], sentences: Sentence[]}} News */

  /** @param {string} key @param {number} us @param {News} news */
  function judge(key, us, news) {
    const view = keys.get(key);
    if (!view) return;
    const values = replicas.map((replica) => canonical(view.values[replica]?.value));
    const counts = replicas.map((replica) => view.values[replica]?.updates ?? 0);
    const diverged = new Set(values).size > 1;
    const diverged_updates = new Set(counts).size > 1;
    keys.set(key, { ...view, diverged, diverged_updates });
    const most = Math.max(...counts);
    const behind = replicas.filter((_, i) => counts[i] < most);
    turn(key, "value", view.diverged, diverged, us, behind, news);
    turn(key, "updates", view.diverged_updates, diverged_updates, us, behind, news);
  }

  /** @param {string} key @param {"value"|"updates"} view @param {boolean} was @param {boolean} is @param {number} us @param {string[]} behind @param {News} news */
  function turn(key, view, was, is, us, behind, news) {
    if (was === is) return;
    if (is) {
      const window = { key, view, from_us: us, to_us: null, replicas: behind };
      windows.push(window);
      news.opened.push(window);
    } else {
      const place = windows.findIndex((w) => w.key === key && w.view === view && w.to_us === null);
      const closed = { ...windows[place], to_us: us };
      windows[place] = closed;
      news.closed.push(closed);
      if (view === "value") {
        lengths_ms.push((us - closed.from_us) / 1000);
        if (us - closed.from_us > 900_000) {
          say(
            us,
            "warn",
            `${closed.replicas.join(", ")} caught up on ${key} after ${
              ((us - closed.from_us) / 1e6).toFixed(1)
            } s`,
            key,
            news,
          );
        }
      }
    }
    const open = windows.filter((w) => w.view === "value" && w.to_us === null).length;
    if (open && globalSince_us < 0) globalSince_us = us;
    if (!open && globalSince_us >= 0) {
      totals.diverged_us_all += us - globalSince_us;
      globalSince_us = -1;
    }
  }

  /** @param {number} us @param {string} tone @param {string} text @param {string} key @param {News} news */
  function say(us, tone, text, key, news) {
    const sentence = { at_us: us, tone, text, key, mark: tone === "bad" ? "missing" : "" };
    sentences.push(sentence);
    if (sentence.mark) marks.push(sentence);
    news.sentences.push(sentence);
  }

  /** @param {number} us @param {News} news */
  function secondAt(us, news) {
    const number = Math.floor((us - STARTED_US) / 1e6);
    news.seconds.add(number);
    let second = seconds.find((s) => s.second === number);
    if (!second) {
      second = {
        second: number,
        placed: 0,
        completed: 0,
        sent: 0,
        delivered: 0,
        dropped: 0,
        diverged_keys: 0,
        latency_ms_p50: null,
        latency_ms_p99: null,
        lag_ms: {},
        ok: 0,
      };
      seconds.push(second);
    }
    return second;
  }

  /** @param {Happening} happening @param {News} news */
  function happen(happening, news) {
    totals.observations += 1;
    const second = secondAt(happening.at_us, news);
    if (happening.kind === "message") return arrive(happening.message, second, news);
    const { key } = happening;
    if (happening.kind === "fact") return learn(happening, second, news);
    if (happening.kind === "placed") {
      totals.updates_begun += 1;
      second.placed += 1;
    } else if (happening.kind === "accepted") {
      totals.updates_accepted += 1;
      second.completed += 1;
      second.ok += 1;
      second.latency_ms_p50 = second.latency_ms_p50 === null
        ? happening.latency_ms
        : (second.latency_ms_p50 + happening.latency_ms) / 2;
      second.latency_ms_p99 = Math.max(second.latency_ms_p99 ?? 0, happening.latency_ms);
    } else {
      totals.emails += 1;
      const lag = viewNames.filter((view) => keys.get(key)?.values[view]?.updates !== 3);
      if (lag.length) {
        say(
          happening.at_us,
          "plain",
          `The e-mail for ${key} left before ${lag.join(" and ")} showed the order as taxed`,
          key,
          news,
        );
      }
    }
    return undefined;
  }

  /** @param {import("../../static/js/types.js").MessageView} message @param {Second} second @param {News} news */
  function arrive(message, second, news) {
    totals.messages_sent += 1;
    second.sent += 1;
    news.messages.push(message);
    if (message.arrived_us === null) {
      totals.messages_dropped += 1;
      second.dropped += 1;
      say(
        message.sent_us,
        "bad",
        `${message.type} for ${message.key} was lost on its way to ${message.target}`,
        message.key,
        news,
      );
      return;
    }
    totals.messages_delivered += 1;
    second.delivered += 1;
    const lag = (message.arrived_us - message.sent_us) / 1000;
    second.lag_ms[message.target] = Math.max(second.lag_ms[message.target] ?? 0, lag);
  }

  /** @param {Extract<Happening, {kind: "fact"}>} fact @param {Second} second @param {News} news */
  function learn(fact, second, news) {
    const known = facts.get(`${fact.key} ${fact.replica}`) ?? new Set();
    known.add(fact.fact);
    facts.set(`${fact.key} ${fact.replica}`, known);
    const before = keys.get(fact.key) ??
      { key: fact.key, born_us: fact.at_us, values: {}, diverged: false, diverged_updates: false };
    const shown = { value: valueOf(known, fact.cents), updates: known.size, at_us: fact.at_us };
    keys.set(fact.key, { ...before, values: { ...before.values, [fact.replica]: shown } });
    news.keys.add(fact.key);
    judge(fact.key, fact.at_us, news);
    second.diverged_keys = [...keys.values()].filter((key) => key.diverged).length;
    const after = /** @type {KeyView} */ (keys.get(fact.key));
    const isFinal = after.values.order?.updates === 4 || valueOf(known, 0).status === "rejected";
    if (isFinal && !after.diverged && !settled.has(fact.key)) {
      settled.add(fact.key);
      totals.keys_settled += 1;
      say(
        fact.at_us,
        "good",
        `${fact.key} is the same at every replica: ${shown.value.status}`,
        fact.key,
        news,
      );
    }
  }

  function trim() {
    while (keys.size > KEYS_MAX) {
      const oldest = [...keys.values()].sort((a, b) => a.born_us - b.born_us)[0];
      keys.delete(oldest.key);
      keys_dropped += 1;
    }
    while (windows.length > WINDOWS_MAX) {
      const closed = windows.findIndex((window) => window.to_us !== null);
      windows.splice(Math.max(0, closed), 1);
      windows_dropped += 1;
    }
    seconds = seconds.slice(-SECONDS_MAX);
    sentences = sentences.slice(-SENTENCES_MAX);
    marks = marks.slice(-MARKS_MAX);
  }

  function currentTotals() {
    const values = windows.filter((w) => w.view === "value");
    return {
      ...totals,
      windows_open: values.filter((w) => w.to_us === null).length,
      windows_closed: lengths_ms.length,
      diverged_us_all: totals.diverged_us_all + (globalSince_us >= 0 ? at_us - globalSince_us : 0),
      window_ms_p50: quantile(lengths_ms, 0.5),
      window_ms_p99: quantile(lengths_ms, 0.99),
    };
  }

  return {
    nodes,
    /** Plays `us` on. @param {number} us @param {{instances?: InstanceView[], run?: Partial<RunView>, faults?: FaultView[]}} [changes] @returns {Delta} */
    advance(us, changes = {}) {
      at_us += us;
      while (run.state === "running" && nextOrder_us <= at_us) {
        order += 1;
        ahead.push(
          ...happeningsOf({
            key: `s${1 + order % 4}-${order}`,
            at_us: nextOrder_us,
            views: viewNames,
            slow,
            loss,
            random,
          }),
        );
        nextOrder_us += Math.round(-Math.log(1 - random()) * 1e6 / orders_per_s);
      }
      /** @type {News} */
      const news = {
        keys: new Set(),
        opened: [],
        closed: [],
        seconds: new Set(),
        messages: [],
        sentences: [],
      };
      const due = ahead.filter((happening) => happening.at_us <= at_us).sort((a, b) => a.at_us - b.at_us);
      ahead = ahead.filter((happening) => happening.at_us > at_us);
      for (const happening of due) happen(happening, news);
      trim();
      if (changes.run) run = { ...run, ...changes.run };
      if (changes.instances) instances = changes.instances;
      for (const fault of changes.faults ?? []) faults.set(`${fault.id} ${fault.from_us}`, fault);
      while (faults.size > FAULTS_MAX) {
        const ended = [...faults].find(([, fault]) => fault.to_us !== null) ?? [...faults][0];
        faults.delete(ended[0]);
        faults_dropped += 1;
      }
      seq += 1;
      return structuredClone(
        /** @type {Delta} */ ({
          kind: "delta",
          boot,
          seq,
          cursor: `${at_us}-0`,
          at_us,
          totals: currentTotals(),
          keys: [...news.keys].flatMap((key) => keys.get(key) ?? []),
          opened: news.opened,
          closed: news.closed,
          seconds: seconds.filter((second) => news.seconds.has(second.second)),
          messages: news.messages.slice(0, 60),
          messages_skipped: Math.max(0, news.messages.length - 60),
          sentences: news.sentences,
          instances: changes.instances ?? null,
          run: changes.run ? run : null,
          faults: changes.faults ?? [],
          lengths: lengthsOf(lengths_ms),
          course: { each_s: 1, diverged: [] },
        }),
      );
    },
    /** @param {string} reason @returns {Snapshot} */
    snapshot(reason) {
      return structuredClone(
        /** @type {Snapshot} */ ({
          kind: "snapshot",
          boot,
          seq,
          cursor: `${at_us}-0`,
          at_us,
          reason,
          run,
          nodes,
          replicas,
          instances,
          totals: currentTotals(),
          keys: [...keys.values()],
          keys_dropped,
          windows,
          windows_dropped,
          seconds,
          sentences,
          faults: [...faults.values()],
          faults_dropped,
          lengths: lengthsOf(lengths_ms),
          course: { each_s: 1, diverged: [] },
          marks,
        }),
      );
    },
    /** The instances as they are, to change and hand to `advance`. */
    instances: () => structuredClone(instances),
  };
}
