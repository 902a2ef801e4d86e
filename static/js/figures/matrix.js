/**
 * The replica matrix as data: keys as rows, replicas as columns. Pure.
 *
 * Rules
 * 1. A row keeps its place for as long as it is shown: what moves must mean something. A new key takes the place of the
 *    row that was shown longest, and only after `HOLD_US`; a divergent row is not replaced by one that is not.
 * 2. In one row the same value has the same colour and pattern everywhere, and another value has others.
 * 3. A cell is compared with the newest value among the replicas: how many updates it lacks, and whether it differs.
 *
 * @import {State, KeyView} from "../types.js"
 */

import { canonical, describe, newestOf, otherTones, plain, unlikeIn } from "../values.js";
import { texts } from "../texts.js";

export const HOLD_US = 1_500_000;
/** Lists up to this long are spelled out. */
const ITEMS_SPELLED_MAX = 4;

/**
 * @typedef {{key: string, since_us: number}} Slot
 *
 * @typedef {object} Cell
 * @property {string} replica
 * @property {string} tone
 * @property {string} label
 * @property {string} detail
 * @property {number} updates
 * @property {number} behind updates that the newest has and this has not
 * @property {boolean} differs from the newest value
 * @property {string} unlike in which fields it differs from the newest, where both have the same words
 * @property {string} [full] all of the value, where the label is not
 *
 * @typedef {{key: string, diverged: boolean, is_new: boolean, cells: Cell[]}} Row
 * @typedef {object} Column
 * @property {string} replica
 * @property {number} behind
 * @property {number} differs keys on which it differs
 * @property {number} lag_ms since the earliest thing it lacks
 * @property {number} keys
 */

/**
 * Which keys are shown in which place, given who sat there before.
 *
 * @param {Slot[]} slots
 * @param {Map<string, KeyView>} keys
 * @param {number} now_us
 * @param {number} rows
 * @returns {Slot[]}
 */
export function assignSlots(slots, keys, now_us, rows) {
  const kept = slots.filter((slot) => keys.has(slot.key)).slice(0, rows);
  const shown = new Set(kept.map((slot) => slot.key));
  const waiting = [...keys.values()].filter((key) => !shown.has(key.key)).sort(moreUrgent);
  const free = rows - kept.length;
  const added = waiting.splice(0, free).map((key) => ({ key: key.key, since_us: now_us }));
  const next = slots.length ? [...kept, ...added] : added;
  for (const key of waiting) {
    const place = replaceable(next, keys, key, now_us);
    if (place < 0) break;
    next[place] = { key: key.key, since_us: now_us };
  }
  return next;
}

/**
 * The slots with one for the key that is selected: whoever points at something wants to see it. It takes the place of the
 * row that was shown longest and does not differ, else of the last one.
 *
 * @param {Slot[]} slots
 * @param {Pick<State, "keys"|"selection">} state
 * @param {number} now_us
 * @returns {Slot[]}
 */
export function withSelected(slots, { keys, selection }, now_us) {
  const key = selection?.kind === "key" ? selection.id : "";
  if (!keys.has(key) || !slots.length || slots.some((slot) => slot.key === key)) return slots;
  const oldest = slots.filter((slot) => !keys.get(slot.key)?.diverged)
    .reduce((/** @type {Slot|null} */ old, slot) => old && old.since_us <= slot.since_us ? old : slot, null);
  const gone = oldest ?? slots[slots.length - 1];
  return slots.map((slot) => slot === gone ? { key, since_us: now_us } : slot);
}

/** Divergent ones first, then the youngest. @param {KeyView} a @param {KeyView} b */
function moreUrgent(a, b) {
  return Number(b.diverged) - Number(a.diverged) || b.born_us - a.born_us || (a.key < b.key ? -1 : 1);
}

/**
 * The place of the row that was shown longest among those that may go for `key`, or -1.
 *
 * @param {Slot[]} slots
 * @param {Map<string, KeyView>} keys
 * @param {KeyView} key
 * @param {number} now_us
 */
function replaceable(slots, keys, key, now_us) {
  let place = -1;
  slots.forEach((slot, index) => {
    const sitting = keys.get(slot.key);
    const mayGo = !sitting || (now_us - slot.since_us >= HOLD_US && !sitting.diverged &&
      (key.diverged || key.born_us > sitting.born_us));
    if (mayGo && (place < 0 || slot.since_us < slots[place].since_us)) place = index;
  });
  return place;
}

/**
 * @param {Pick<State, "keys"|"keys_dropped"|"windows"|"replicas"> & Partial<Pick<State, "totals">>} state
 * @param {Slot[]} slots
 * @param {number} now_us
 * @returns {{columns: Column[], rows: Row[], hidden: number, diverged: number}}
 */
export function matrixModel(state, slots, now_us) {
  const rows = slots.flatMap((slot) => {
    const key = state.keys.get(slot.key);
    return key ? [rowOf(key, state.replicas, now_us - slot.since_us < 1_000_000)] : [];
  });
  return {
    columns: columnsOf(state, now_us),
    rows,
    hidden: state.keys.size - rows.length + state.keys_dropped,
    diverged: keysThatDiffer(state),
  };
}

/**
 * How many keys differ: the server counts all of them, of which the page holds some.
 *
 * @param {Pick<State, "keys"> & Partial<Pick<State, "totals">>} state
 */
export function keysThatDiffer({ keys, totals }) {
  return totals?.windows_open ?? [...keys.values()].filter((key) => key.diverged).length;
}

/**
 * @param {KeyView} key
 * @param {string[]} replicas
 * @param {boolean} is_new
 * @returns {Row}
 */
function rowOf(key, replicas, is_new) {
  const newest = newestOf(key);
  const newestText = canonical(newest?.value);
  const union = unionOf(key);
  const tones = otherTones(replicas.map((replica) => key.values[replica]?.value));
  const cells = replicas.map((replica) => {
    const shown = key.values[replica] ?? { value: null, updates: 0, at_us: 0 };
    const looks = describe(shown.value);
    const looksSame = looks.label === describe(newest?.value).label;
    return {
      replica,
      ...looks,
      ...(union ? inList(shown.value, union, looks.label) : {}),
      tone: tones.get(canonical(shown.value)) ?? looks.tone,
      updates: shown.updates,
      behind: Math.max(0, (newest?.updates ?? 0) - shown.updates),
      differs: canonical(shown.value) !== newestText,
      unlike: looksSame ? unlikeIn(shown.value, newest?.value).map(worded).join(", ") : "",
    };
  });
  return { key: key.key, diverged: key.diverged, is_new, cells };
}

/** A field as people call it. @param {string} name */
function worded(name) {
  return name.replace(/_(cents|us|ms)$/, "").replaceAll("_", " ");
}

/**
 * All items of a key whose values are long lists at some replica, `null` for other keys.
 *
 * @param {KeyView} key
 * @returns {Map<string, unknown>|null}
 */
function unionOf(key) {
  const lists = Object.values(key.values).map((shown) => shown.value).filter(Array.isArray);
  if (!lists.some((list) => list.length > ITEMS_SPELLED_MAX)) return null;
  return new Map(lists.flat().map((item) => [canonical(item), item]));
}

/**
 * A long list is told by its length, and by what it lacks that another replica has.
 *
 * @param {unknown} value
 * @param {Map<string, unknown>} union
 * @param {string} full
 */
function inList(value, union, full) {
  if (!Array.isArray(value)) return {};
  const here = new Set(value.map(canonical));
  const missing = [...union].filter(([text]) => !here.has(text)).map(([, item]) => plain(item));
  const label = value.length > ITEMS_SPELLED_MAX ? texts.items(value.length) : full;
  return { label, detail: missing.length ? texts.without(missing) : "", full };
}

/**
 * What each replica lags by, over all keys.
 *
 * @param {Pick<State, "keys"|"windows"|"replicas">} state
 * @param {number} now_us
 * @returns {Column[]}
 */
function columnsOf(state, now_us) {
  const openSince = new Map();
  for (const window of state.windows) {
    if (window.to_us !== null) continue;
    openSince.set(window.key, Math.min(window.from_us, openSince.get(window.key) ?? window.from_us));
  }
  const columns = state.replicas.map((replica) => ({ replica, behind: 0, differs: 0, lag_ms: 0, keys: 0 }));
  for (const key of state.keys.values()) {
    const newest = newestOf(key);
    if (!newest) continue;
    const newestText = key.diverged ? canonical(newest.value) : "";
    for (const column of columns) {
      const shown = key.values[column.replica];
      if (shown) column.keys += 1;
      const behind = Math.max(0, newest.updates - (shown?.updates ?? 0));
      const differs = key.diverged && canonical(shown?.value) !== newestText;
      if (!behind && !differs) continue;
      column.behind += behind;
      column.differs += Number(differs);
      column.lag_ms = Math.max(column.lag_ms, (now_us - (openSince.get(key.key) ?? newest.at_us)) / 1000);
    }
  }
  return columns;
}
