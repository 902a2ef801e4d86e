/** Numbers, durations and names as people read them. Pure, English, and always the same width where it matters. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const MONEY = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const NOTHING = "–";

/** @param {number} count */
export function count(count) {
  return WHOLE.format(count);
}

/** Cents as an amount. @param {number} cents */
export function money(cents) {
  return MONEY.format(cents / 100);
}

/**
 * A duration with its unit and at most three significant digits: "4.2 ms", "140 ms", "1.25 s", "2 min 05 s".
 *
 * @param {number|null|undefined} ms
 */
export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** A duration on an axis: no digit more than it has. @param {number} ms */
export function shortDuration(ms) {
  return ms && ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

/** A share as a percentage, careful at both ends: never "0%" or "100%" where it is not so. @param {number} share */
export function percent(share) {
  if (!Number.isFinite(share)) return NOTHING;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 100 && value > 99.9) return ">99.9%";
  return value === 0 || value === 100 ? `${value}%` : `${value.toFixed(1)}%`;
}

/** Time since the run began: "0:04.2", "12:30.0". @param {number} us */
export function runTime(us) {
  const tenths = Math.max(0, Math.floor(us / 100_000));
  const minutes = Math.floor(tenths / 600);
  const seconds = Math.floor((tenths % 600) / 10);
  return `${minutes}:${String(seconds).padStart(2, "0")}.${tenths % 10}`;
}

/** A long name with its middle left out; its ends tell names apart. @param {string} name @param {number} max */
export function shortName(name, max) {
  if (name.length <= max) return name;
  const tail = Math.floor((max - 1) / 2);
  return `${name.slice(0, max - 1 - tail)}…${name.slice(name.length - tail)}`;
}
