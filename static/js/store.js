/**
 * The reducer: folds frames into the one state that every view reads. Pure; it knows neither the socket nor the page.
 *
 * Rules
 * 1. A snapshot replaces everything. A delta applies only if it is the next one of the same server process (`boot`);
 *    one that was seen before is ignored; any other sets `needs_snapshot`, and nothing else, until a snapshot comes.
 * 2. Folding every delta onto a snapshot gives the next snapshot.
 * 3. A page that had a picture before and asked for a new one did not just join: `caught_up` says what really happened.
 * 4. Everything is bounded as on the server; what falls off the end is counted.
 * 5. What is looked at (`selection`) and when (`cursor_us`) is one for all views, and no frame changes it (`shown.js`).
 *
 * @import {State, Frame, Snapshot, Delta, WindowView, KeyView, Second, Sentence, FaultView, RunView} from "./types.js"
 */

export const KEYS_MAX = 120;
export const WINDOWS_MAX = 600;
export const SENTENCES_MAX = 120;
export const SECONDS_MAX = 300;
export const FAULTS_MAX = 100;
export const MARKS_MAX = 200;

/** @type {State} */
export const EMPTY = Object.freeze({
  boot: "",
  seq: -1,
  cursor: "",
  at_us: 0,
  run: null,
  nodes: [],
  replicas: [],
  instances: [],
  totals: null,
  keys: new Map(),
  keys_dropped: 0,
  windows: [],
  windows_dropped: 0,
  seconds: [],
  sentences: [],
  faults: [],
  faults_dropped: 0,
  lengths: Object.freeze({ counts: [], ms_p50: null, ms_p95: null, ms_p99: null }),
  marks: [],
  course: Object.freeze({ each_s: 1, diverged: [] }),
  messages: [],
  messages_skipped: 0,
  needs_snapshot: false,
  caught_up: null,
  refusal: null,
  selection: null,
  cursor_us: null,
});

/**
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
export function reduce(state, frame) {
  if (frame.kind === "snapshot") return fromSnapshot(state, frame);
  if (frame.kind === "refusal") return { ...state, refusal: frame };
  if (state.needs_snapshot || isSeenBefore(state, frame)) return state;
  if (frame.boot !== state.boot || frame.seq !== state.seq + 1) return { ...state, needs_snapshot: true };
  return withDelta(state, frame);
}

/**
 * @param {State} state
 * @param {Delta} delta
 */
function isSeenBefore(state, delta) {
  return delta.boot === state.boot && delta.seq <= state.seq;
}

/**
 * @param {State} state
 * @param {Snapshot} frame
 * @returns {State}
 */
function fromSnapshot(state, frame) {
  const { kind: _, reason, keys, ...same } = frame;
  const isSameBoot = state.boot === frame.boot && state.seq >= 0;
  const why = reason === "joined" && state.seq >= 0 ? (isSameBoot ? "gap" : "restarted") : reason;
  const frames_skipped = isSameBoot ? Math.max(0, frame.seq - state.seq) : null;
  return {
    ...same,
    keys: new Map(keys.map((key) => [key.key, key])),
    messages: [],
    messages_skipped: 0,
    needs_snapshot: false,
    caught_up: { reason: why, frames_skipped, at_us: frame.at_us },
    refusal: null,
    selection: state.selection,
    cursor_us: state.cursor_us,
  };
}

/**
 * @param {State} state
 * @param {Delta} delta
 * @returns {State}
 */
function withDelta(state, delta) {
  const keys = withKeys(state.keys, delta.keys ?? []);
  const windows = withWindows(state.windows, delta.opened ?? [], delta.closed ?? []);
  const faults = withFaults(state.faults, delta.faults ?? []);
  return {
    ...state,
    seq: delta.seq,
    cursor: delta.cursor,
    at_us: delta.at_us,
    totals: delta.totals,
    run: delta.run ?? state.run,
    instances: delta.instances ?? state.instances,
    keys: keys.kept,
    keys_dropped: state.keys_dropped + keys.dropped,
    windows: windows.kept,
    windows_dropped: state.windows_dropped + windows.dropped,
    faults: faults.kept,
    faults_dropped: state.faults_dropped + faults.dropped,
    seconds: untilTheEnd(withSeconds(state.seconds, delta.seconds ?? []), delta.run),
    lengths: delta.lengths ?? state.lengths,
    course: delta.course ?? state.course,
    marks: withMarks(state.marks, delta.sentences ?? []),
    sentences: lastOf([...state.sentences, ...(delta.sentences ?? [])], SENTENCES_MAX),
    messages: delta.messages ?? [],
    messages_skipped: delta.messages_skipped ?? 0,
  };
}

/**
 * @param {Map<string, KeyView>} keys
 * @param {KeyView[]} changed
 */
function withKeys(keys, changed) {
  if (!changed.length) return { kept: keys, dropped: 0 };
  const kept = new Map(keys);
  for (const key of changed) kept.set(key.key, key);
  const surplus = kept.size - KEYS_MAX;
  if (surplus <= 0) return { kept, dropped: 0 };
  const oldest = [...kept.values()].sort((a, b) => a.born_us - b.born_us).slice(0, surplus);
  for (const key of oldest) kept.delete(key.key);
  return { kept, dropped: surplus };
}

/**
 * Windows that closed replace the open one of the same key, view and beginning, in its place. Over the bound the
 * oldest closed ones go first: an open window is still news.
 *
 * @param {WindowView[]} windows
 * @param {WindowView[]} opened
 * @param {WindowView[]} closed
 */
function withWindows(windows, opened, closed) {
  if (!opened.length && !closed.length) return { kept: windows, dropped: 0 };
  const changed = new Map([...opened, ...closed].map((window) => [windowId(window), window]));
  const keys = new Set([...opened, ...closed].map(({ key }) => key));
  const kept = windows.map((window) => {
    if (!keys.has(window.key)) return window;
    const id = windowId(window);
    const newer = changed.get(id);
    changed.delete(id);
    return newer ?? window;
  });
  return bounded([...kept, ...changed.values()], WINDOWS_MAX);
}

/**
 * Faults by id and beginning; one that ended takes its own place. Over the bound those that ended go first.
 *
 * @param {FaultView[]} faults
 * @param {FaultView[]} changed
 */
function withFaults(faults, changed) {
  if (!changed.length) return { kept: faults, dropped: 0 };
  const byId = new Map([...faults, ...changed].map((fault) => [`${fault.from_us} ${fault.id}`, fault]));
  return bounded([...byId.values()], FAULTS_MAX);
}

/**
 * At most `most` of what has an end; what ended goes first, the oldest before others.
 *
 * @template {{to_us: number|null}} T
 * @param {T[]} all
 * @param {number} most
 */
function bounded(all, most) {
  const surplus = all.length - most;
  if (surplus <= 0) return { kept: all, dropped: 0 };
  const endedFirst = [...all.filter((one) => one.to_us !== null), ...all.filter((one) => one.to_us === null)];
  const gone = new Set(endedFirst.slice(0, surplus));
  return { kept: all.filter((one) => !gone.has(one)), dropped: surplus };
}

/** @param {WindowView} window */
export function windowId(window) {
  return `${window.view} ${window.from_us} ${window.key}`;
}

/**
 * @param {Second[]} seconds
 * @param {Second[]} changed
 */
function withSeconds(seconds, changed) {
  if (!changed.length) return seconds;
  const bySecond = new Map(seconds.map((second) => [second.second, second]));
  for (const second of changed) bySecond.set(second.second, second);
  return lastOf([...bySecond.values()].sort((a, b) => a.second - b.second), SECONDS_MAX);
}

/**
 * The present was guessed: when a run is told to have ended, seconds after its end were none.
 *
 * @param {Second[]} seconds
 * @param {RunView|null} [run] if it is another one now
 */
function untilTheEnd(seconds, run) {
  const end_us = run?.ended_us;
  if (!run || end_us === null || end_us === undefined) return seconds;
  return seconds.filter(({ second }) => run.started_us + second * 1e6 <= end_us);
}

/**
 * Sentences that somebody would look for later.
 *
 * @param {Sentence[]} marks
 * @param {Sentence[]} told
 */
function withMarks(marks, told) {
  const more = told.filter((sentence) => sentence.mark);
  return more.length ? lastOf([...marks, ...more], MARKS_MAX) : marks;
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} count
 */
function lastOf(list, count) {
  return list.length > count ? list.slice(list.length - count) : list;
}
