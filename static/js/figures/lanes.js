/**
 * Lanes for the divergence timeline: each key lies in one, and keeps it for as long as one of its windows can be seen.
 * A lane is free again when nothing in it overlaps. Pure, with the last assignment handed back in.
 *
 * @import {WindowView} from "../types.js"
 */

/** Room between two keys in one lane, so that their bars are told apart. */
const GAP_US = 120_000;

/** @typedef {Map<string, number>} Lanes key → lane */

/**
 * @param {Lanes} before
 * @param {WindowView[]} windows those in sight
 * @param {number} now_us
 * @returns {Lanes}
 */
export function assignLanes(before, windows, now_us) {
  const spans = spansOf(windows, now_us);
  /** @type {{from_us: number, to_us: number}[][]} */
  const taken = [];
  /** @type {Lanes} */
  const lanes = new Map();
  /** @param {number} lane @param {{from_us: number, to_us: number}} span */
  const isFree = (lane, span) =>
    (taken[lane] ?? []).every((other) =>
      span.from_us > other.to_us + GAP_US || span.to_us + GAP_US < other.from_us
    );
  /** @param {string} key @param {number} lane @param {{from_us: number, to_us: number}} span */
  const take = (key, lane, span) => {
    (taken[lane] ??= []).push(span);
    lanes.set(key, lane);
  };
  const entries = [...spans.entries()].sort(([a, x], [b, y]) => x.from_us - y.from_us || (a < b ? -1 : 1));
  for (const [key, span] of entries) {
    const lane = before.get(key);
    if (lane !== undefined && isFree(lane, span)) take(key, lane, span);
  }
  for (const [key, span] of entries) {
    if (lanes.has(key)) continue;
    let lane = 0;
    while (!isFree(lane, span)) lane += 1;
    take(key, lane, span);
  }
  return lanes;
}

/**
 * @param {WindowView[]} windows
 * @param {number} now_us
 */
function spansOf(windows, now_us) {
  /** @type {Map<string, {from_us: number, to_us: number}>} */
  const spans = new Map();
  for (const { key, from_us, to_us } of windows) {
    const span = spans.get(key);
    const to = to_us ?? now_us;
    if (!span) spans.set(key, { from_us, to_us: to });
    else spans.set(key, { from_us: Math.min(span.from_us, from_us), to_us: Math.max(span.to_us, to) });
  }
  return spans;
}
