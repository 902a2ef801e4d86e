/**
 * What the sample server counts and measures.
 *
 * @import {Lengths, Totals} from "../../static/js/types.js"
 */

/** @returns {Totals} */
export function noTotals() {
  return {
    updates_begun: 0,
    updates_accepted: 0,
    updates_failed: 0,
    updates_unknown: 0,
    keys_settled: 0,
    emails: 0,
    reads: 0,
    messages_sent: 0,
    messages_delivered: 0,
    messages_dropped: 0,
    observations: 0,
    windows_closed: 0,
    windows_open: 0,
    diverged_us_all: 0,
    diverged_us_live: 0,
    window_ms_p50: null,
    window_ms_p99: null,
  };
}

/** @param {number[]} lengths_ms @param {number} q @returns {number|null} `null` of none */
export function quantile(lengths_ms, q) {
  const sorted = [...lengths_ms].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : null;
}

/** @param {number[]} lengths_ms @returns {Lengths} */
export function lengthsOf(lengths_ms) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const ms of lengths_ms) {
    const bucket = Math.floor(6 * Math.log10(Math.max(1, ms * 1000)));
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return {
    counts: [...counts].sort(([a], [b]) => a - b),
    ms_p50: quantile(lengths_ms, 0.5),
    ms_p95: quantile(lengths_ms, 0.99),
    ms_p99: quantile(lengths_ms, 0.99),
  };
}
