/**
 * Runs side by side: which keys are looked at in all of them, and where a run shows something else than the first. Pure.
 *
 * @import {KeyView, State} from "../types.js"
 */

import { canonical } from "../values.js";

/**
 * Every key that any run has, as urgent as it is in the run in which it is most so.
 *
 * @param {State[]} states
 * @returns {Map<string, KeyView>}
 */
export function keysOfAll(states) {
  /** @type {Map<string, KeyView>} */
  const all = new Map();
  for (const { keys, run } of states) {
    for (const key of keys.values()) {
      const born_us = key.born_us - (run?.started_us ?? 0);
      const known = all.get(key.key);
      all.set(key.key, { ...key, born_us, diverged: key.diverged || Boolean(known?.diverged) });
    }
  }
  return all;
}

/**
 * A run's state in which every one of `keys` has a row, so that rows lie beside each other.
 *
 * @param {State} state
 * @param {string[]} keys
 * @returns {State}
 */
export function withRowsFor(state, keys) {
  const missing = keys.filter((key) => !state.keys.has(key));
  if (!missing.length) return state;
  const empty = missing.map((key) => /** @type {[string, KeyView]} */ ([
    key,
    { key, born_us: 0, values: {}, diverged: false, diverged_updates: false },
  ]));
  return { ...state, keys: new Map([...state.keys, ...empty]) };
}

/**
 * The cells, as `key replica`, in which a run shows another value than the first run does; where that has no such
 * replica, than all of the first run's.
 *
 * @param {State} first
 * @param {State} other
 * @param {string[]} keys
 * @returns {Set<string>}
 */
export function differences(first, other, keys) {
  const found = new Set();
  for (const name of keys) {
    const before = first.keys.get(name)?.values ?? {};
    const after = other.keys.get(name)?.values ?? {};
    const any = new Set(first.replicas.map((replica) => canonical(before[replica]?.value ?? null)));
    for (const replica of other.replicas) {
      const value = canonical(after[replica]?.value ?? null);
      const isSame = first.replicas.includes(replica)
        ? value === canonical(before[replica]?.value ?? null)
        : any.has(value);
      if (!isSame) found.add(`${name} ${replica}`);
    }
  }
  return found;
}
