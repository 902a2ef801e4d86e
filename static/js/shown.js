/**
 * What the page shows: the present, or an instant of the past; and what all views point at in it.
 *
 * Rules
 * 1. There are two folds of frames by the one reducer: the present, that goes on whatever is looked at, and a past, that
 *    is there while `cursor_us` is a number. Views read whichever is shown, and need not know which.
 * 2. Whoever goes to the past sees the present stand still until the first frame of the past is there.
 *
 * @import {Frame, Selection, State} from "./types.js"
 */

import { EMPTY, reduce } from "./store.js";

/**
 * The state in which `selection` is what all views point at; `null` lets go of it.
 *
 * @param {State} state
 * @param {Selection|null} selection
 * @returns {State}
 */
export function select(state, selection) {
  const before = state.selection;
  const isSame = before === selection ||
    (before !== null && selection !== null && before.kind === selection.kind && before.id === selection.id &&
      before.at_us === selection.at_us);
  return isSame ? state : { ...state, selection };
}

/**
 * The state in which the page looks at the instant `cursor_us`; `null` is the present.
 *
 * @param {State} state
 * @param {number|null} cursor_us
 * @returns {State}
 */
export function seek(state, cursor_us) {
  return state.cursor_us === cursor_us ? state : { ...state, cursor_us };
}

/**
 * A place for the one state, and those who want to know when it changed: they are told what it was before.
 *
 * @param {State} [initial]
 */
export function createStore(initial = EMPTY) {
  let live = initial;
  /** @type {State|null} */
  let past = null;
  let shown = initial;
  /** @type {Set<(state: State, before: State) => void>} */
  const listeners = new Set();

  /** @param {State} newLive @param {State|null} newPast */
  function become(newLive, newPast) {
    if (newLive === live && newPast === past) return;
    const before = shown;
    const { selection, cursor_us } = newLive;
    const isSame = newPast !== null && newPast === past && selection === live.selection &&
      cursor_us === live.cursor_us;
    live = newLive;
    past = newPast;
    if (isSame) return;
    shown = past === null ? live : { ...past, selection, cursor_us };
    for (const listener of listeners) listener(shown, before);
  }

  return {
    /** What is shown. */
    get: () => shown,
    /** The present, shown or not. */
    live: () => live,
    /** A frame of the present. @param {Frame} frame */
    dispatch: (frame) => become(reduce(live, frame), past),
    /** A frame of the past; one that comes when nobody looks there any more is ignored. @param {Frame} frame */
    travel(frame) {
      if (live.cursor_us !== null) become(live, reduce(past ?? EMPTY, frame));
    },
    /** @param {Selection|null} selection */
    select: (selection) => become(select(live, selection), past),
    /** @param {number|null} cursor_us */
    seek: (cursor_us) => become(seek(live, cursor_us), cursor_us === null ? null : past ?? live),
    /** @param {(state: State, before: State) => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
