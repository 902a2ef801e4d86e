/**
 * When how many instances of each node were up, from the history's comings and goings. Pure.
 *
 * @import {Trace} from "./trace.js"
 * @typedef {{from_us: number, to_us: number|null, instances: number}} Life
 */

import { CHANGED } from "./trace.js";

export const LIVES_MAX = 2_000;

/** @param {Trace} trace */
export function createLifelines(trace) {
  /** @type {Life[][]} by lane */
  const lines = [];
  /** @type {Map<number, Set<number>>} lane → instances that are up */
  const up = new Map();
  let upTo = 0;
  return {
    lines,
    extend() {
      for (; upTo < trace.count; upTo += 1) {
        const lane = trace.node.values[upTo];
        if (trace.kind.values[upTo] !== CHANGED || lane < 0) continue;
        const instances = up.get(lane) ?? new Set();
        up.set(lane, instances);
        const state = trace.name(trace.what.values[upTo]);
        if (state === "up") instances.add(trace.ref.values[upTo]);
        else if (state !== "fenced") instances.delete(trace.ref.values[upTo]);
        const lives = lines[lane] ??= [];
        const last = lives[lives.length - 1];
        if (last?.instances === instances.size || lives.length >= LIVES_MAX) continue;
        const at_us = trace.at.values[upTo];
        if (last) last.to_us = at_us;
        lives.push({ from_us: at_us, to_us: null, instances: instances.size });
      }
    },
  };
}
