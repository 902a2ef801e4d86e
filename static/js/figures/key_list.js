/**
 * All keys of the page as a list in which one can be found. Pure.
 *
 * @import {KeyView, State} from "../types.js"
 */

import { texts } from "../texts.js";
import { describe, newestOf } from "../values.js";

/** Longer lists are for nobody to read. */
export const LISTED_MAX = 200;

/**
 * The keys whose name or newest value has every one of the words, those that differ first, then the youngest.
 *
 * @param {Pick<State, "keys">} state
 * @param {string} words
 * @returns {{key: string, diverged: boolean, tone: string, said: string}[]}
 */
export function keyList({ keys }, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const listed = [...keys.values()].map(entryOf)
    .filter(({ key, said }) => wanted.every((word) => `${key} ${said}`.toLowerCase().includes(word)));
  listed.sort((a, b) =>
    Number(b.diverged) - Number(a.diverged) || b.born_us - a.born_us || (a.key < b.key ? -1 : 1)
  );
  return listed.slice(0, LISTED_MAX).map(({ key, diverged, tone, said }) => ({ key, diverged, tone, said }));
}

/** @param {KeyView} view */
function entryOf(view) {
  const { key, diverged, born_us } = view;
  const { tone, label } = describe(newestOf(view)?.value);
  return { key, diverged, born_us, tone, said: diverged ? texts.keyList.differs : label };
}
