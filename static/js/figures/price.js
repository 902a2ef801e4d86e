/**
 * What each design costs: one row a figure, one value a run. Which figures there are, and what is better of each, the
 * server says (`consistency_viz/experiments/price_figures.py`). Pure.
 *
 * @typedef {"share"|"ms"|"count"} Unit
 *
 * @typedef {object} Figure
 * @property {string} id
 * @property {string} title
 * @property {Unit} unit
 * @property {"lower"|"higher"} better
 * @property {string} source what tells it, in words
 *
 * @typedef {Figure & {value: number, of: number|null}} Told a figure of one run, out of how many if it is out of any
 *
 * @typedef {object} Price
 * @property {string} id
 * @property {string} title
 * @property {Unit} unit
 * @property {"lower"|"higher"} better
 * @property {string} source
 * @property {(number|null)[]} values by run; `null`: nothing to go by
 * @property {(number|null)[]} of of how many, where it is a share or a count of something
 * @property {boolean[]} best which are the best; none where all are alike: one run of each tells no small difference
 */

import { count, duration, NOTHING, percent } from "../format.js";

/** Values that differ by no more than this share are called alike. */
const ALIKE = 0.05;
/** Below this a count has decimals: messages per operation. */
const EXACT_BELOW = 100;

/**
 * @param {(Told[]|null)[]} runs what each run's figures are, `null` while they are not known
 * @returns {Price[]} only rows that some run has a value for, in the server's order
 */
export function prices(runs) {
  /** @type {Map<string, Told>} */
  const rows = new Map();
  const most = runs.map((run) => run ?? []).sort((a, b) => b.length - a.length);
  for (const told of most.flat()) if (!rows.has(told.id)) rows.set(told.id, told);
  return [...rows.values()].map(({ id, title, unit, better, source }) => {
    const found = runs.map((run) => run?.find((told) => told.id === id));
    const values = found.map((told) => told?.value ?? null);
    const of = found.map((told) => told?.of ?? null);
    return { id, title, unit, better, source, values, of, best: bestOf(values, better) };
  });
}

/** @param {(number|null)[]} values @param {string} better */
export function bestOf(values, better) {
  const known = values.filter((value) => value !== null);
  const best = better === "lower" ? Math.min(...known) : Math.max(...known);
  const isAlike = (/** @type {number} */ value) =>
    Math.abs(value - best) <= ALIKE * Math.max(Math.abs(value), Math.abs(best));
  const isTold = known.some((value) => !isAlike(value));
  return values.map((value) => isTold && value !== null && isAlike(value));
}

/** @param {number|null} value @param {Unit} unit */
export function worded(value, unit) {
  if (value === null) return NOTHING;
  if (unit === "share") return percent(value);
  if (unit === "ms") return value === 0 ? "0" : duration(value);
  return Number.isInteger(value) || value >= EXACT_BELOW ? count(value) : value.toFixed(1);
}
