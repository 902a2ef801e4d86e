/**
 * Levels of detail: which of very many things can be seen in a span of time, never more than a budget. Pure.
 *
 * A thing has a group, an end, and a duration before it (0 for an event, the travel time for a message). Things come in
 * the order of their ends.
 *
 * Rules
 * 1. While at most `budget` things touch the span, they are given one by one.
 * 2. Beyond, the finest level is given whose buckets are not narrower than `least_us` (a pixel) and of which at most
 *    `budget` entries touch the span. An entry is what one group did in one bucket: how many, and where they lie on
 *    average. Buckets are twice as long from level to level.
 * 3. A question costs a search and what is given, whatever is stored. A level is made when it is first wanted, and
 *    catches up with what was stored since.
 *
 * Things are kept by duration class (powers of two): in class c nothing lasts longer than 2^c us, so what touches a span
 * lies in one slice of it, at least half of which does.
 *
 * @typedef {{ids: number[], level: null, entries: null}|{ids: null, level: Level, entries: [number, number]}} InSight
 * @typedef {ReturnType<typeof createLod>} Lod
 * @typedef {ReturnType<typeof createLevel>} Level
 */

import { column, lowerBound } from "./columns.js";

export const FINEST_US = 4_096;
export const LEVELS = 22;
const CLASSES = 42;
/** The share of things that may last longer than what a level looks back for. */
const LONG_SHARE = 0.02;

export function createLod() {
  /** @type {({ids: ReturnType<typeof ints>, ends: ReturnType<typeof floats>}|undefined)[]} */
  const classes = new Array(CLASSES);
  const things = { groups: ints(), ends: floats(), took: floats() };
  /** @type {(Level|undefined)[]} */
  const levels = new Array(LEVELS);

  return {
    get count() {
      return things.ends.length;
    },
    /** @param {number} id @param {number} group @param {number} end_us @param {number} took_us */
    append(id, group, end_us, took_us) {
      const place = took_us <= 1 ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log2(took_us)));
      const found = classes[place] ??= { ids: ints(), ends: floats() };
      found.ids.push(id);
      found.ends.push(end_us);
      things.groups.push(group);
      things.ends.push(end_us);
      things.took.push(took_us);
    },
    /**
     * @param {number} from_us
     * @param {number} to_us
     * @param {number} budget
     * @param {number} least_us
     * @returns {InSight}
     */
    inSight(from_us, to_us, budget, least_us) {
      const slices = classes.map((found, place) =>
        found
          ? {
            found,
            low: lowerBound(found.ends.values, found.ends.length, from_us),
            high: lowerBound(found.ends.values, found.ends.length, to_us + 2 ** place),
          }
          : null
      ).filter((slice) => slice !== null);
      if (slices.reduce((sum, { low, high }) => sum + high - low, 0) <= budget) {
        const ids = [];
        for (const { found, low, high } of slices) {
          for (let i = low; i < high; i += 1) ids.push(found.ids.values[i]);
        }
        return { ids, level: null, entries: null };
      }
      const reach_us = reach();
      const finest = Math.ceil(Math.log2(Math.max(1, least_us / FINEST_US)));
      for (let place = Math.min(LEVELS - 1, finest);; place += 1) {
        const level = levels[place] ??= createLevel(FINEST_US * 2 ** place);
        level.catchUp(things);
        const entries = level.within(from_us, to_us + reach_us);
        if (entries[1] - entries[0] <= budget || place === LEVELS - 1) return { ids: null, level, entries };
      }
    },
  };

  /** How long nearly all things last at most. */
  function reach() {
    let rest = things.ends.length * LONG_SHARE;
    for (let place = CLASSES - 1; place >= 0; place -= 1) {
      rest -= classes[place]?.ids.length ?? 0;
      if (rest < 0) return 2 ** place;
    }
    return 0;
  }
}

const ints = () => column(Int32Array, 64);
const floats = () => column(Float64Array, 64);

/** @param {number} bucket_us */
function createLevel(bucket_us) {
  const start = floats();
  const group = ints();
  const counts = ints();
  const ends = floats();
  const took = floats();
  /** @type {Map<number, number>} group → its entry in the bucket that is open */
  const open = new Map();
  let bucket = -Infinity;
  let upTo = 0;

  /** @param {number} of @param {number} end_us @param {number} took_us */
  function append(of, end_us, took_us) {
    const its = Math.floor(end_us / bucket_us);
    if (its !== bucket) {
      open.clear();
      bucket = its;
    }
    let entry = open.get(of);
    if (entry === undefined) {
      entry = start.length;
      open.set(of, entry);
      start.push(its * bucket_us);
      group.push(of);
      counts.push(0);
      ends.push(0);
      took.push(0);
    }
    counts.values[entry] += 1;
    ends.values[entry] += end_us - its * bucket_us;
    took.values[entry] += took_us;
  }

  return {
    bucket_us,
    start,
    group,
    counts,
    /** Of each entry the sum of all ends, as differences to `start`, and of all durations. */
    ends,
    took,
    /** @param {{groups: ReturnType<typeof ints>, ends: ReturnType<typeof floats>, took: ReturnType<typeof floats>}} things */
    catchUp(things) {
      for (; upTo < things.ends.length; upTo += 1) {
        append(things.groups.values[upTo], things.ends.values[upTo], things.took.values[upTo]);
      }
    },
    /** The entries of all buckets that touch the span. @param {number} from_us @param {number} to_us */
    within(from_us, to_us) {
      const low = lowerBound(start.values, start.length, from_us - bucket_us + 1e-6);
      return /** @type {[number, number]} */ ([low, lowerBound(start.values, start.length, to_us + 1e-6)]);
    },
  };
}
