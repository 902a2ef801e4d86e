/**
 * What the reader asked to see: words that are searched for, and a choice of kinds. Pure.
 *
 * Words are joined by "and". `key:`, `node:`, `type:` and `id:` look in one place, a word alone in all of them; a message
 * is also found by the node that it came from.
 *
 * @import {Trace} from "./trace.js"
 */

import { APPLIED, COMPLETED, DELIVERED, DROPPED, EFFECTED, INVOKED, SENT } from "./trace.js";

export const WORDS_MAX = 8;
const PLACES = ["key", "node", "type", "id"];

/** What can be chosen, and the kinds of events that it stands for; nothing: all of them. */
export const CHOICES = /** @type {Record<string, number[]>} */ ({
  all: [],
  messages: [SENT, DELIVERED, DROPPED],
  trouble: [DROPPED],
  updates: [APPLIED],
  operations: [INVOKED, COMPLETED],
  effects: [EFFECTED],
});

/**
 * The words of a query with the place of each, "" for any.
 *
 * @param {string} text
 * @returns {{place: string, word: string}[]}
 */
export function parsed(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX).map((part) => {
    const colon = part.indexOf(":");
    const place = part.slice(0, Math.max(0, colon));
    return PLACES.includes(place) ? { place, word: part.slice(colon + 1) } : { place: "", word: part };
  }).filter(({ word }) => word);
}

/**
 * A test for events, or nothing where everything is wanted.
 *
 * @param {Trace} trace
 * @param {string} text
 * @param {string} choice
 * @returns {((event: number) => boolean)|null}
 */
export function wanted(trace, text, choice) {
  const words = parsed(text);
  const kinds = CHOICES[choice] ?? [];
  if (!words.length && !kinds.length) return null;
  /** @type {Map<number, boolean>[]} by word: names that were looked at */
  const known = words.map(() => new Map());
  const has = (/** @type {number} */ which, /** @type {number} */ place) => {
    if (place < 0) return false;
    let found = known[which].get(place);
    if (found === undefined) {
      found = trace.name(place).toLowerCase().includes(words[which].word);
      known[which].set(place, found);
    }
    return found;
  };
  const nodeHas = (/** @type {number} */ which, /** @type {number} */ lane) =>
    lane >= 0 && trace.nodes[lane].toLowerCase().includes(words[which].word);
  return (event) => {
    const kind = trace.kind.values[event];
    const isDoubled = choice === "trouble" && kind === DELIVERED && trace.extra.values[event] > 0;
    if (kinds.length && !kinds.includes(kind) && !isDoubled) return false;
    return words.every(({ place }, which) =>
      ((!place || place === "key") && has(which, trace.key.values[event])) ||
      ((!place || place === "type") && has(which, trace.what.values[event])) ||
      ((!place || place === "id") && has(which, trace.ref.values[event])) ||
      ((!place || place === "node") &&
        (nodeHas(which, trace.node.values[event]) || nodeHas(which, trace.sourceOf(event))))
    );
  };
}
