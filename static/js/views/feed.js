/**
 * The feed: what just happened, in plain words, newest first. It appends what is new and keeps what is there.
 *
 * @import {Sentence, State} from "../types.js"
 */

import { runTime } from "../format.js";
import { SENTENCES_MAX } from "../store.js";
import { texts } from "../texts.js";
import { h } from "./dom.js";

const TONES = new Set(["plain", "good", "warn", "bad"]);

/** @param {HTMLElement} list an `<ol>` */
export function createFeed(list) {
  /** @type {Sentence|null} the newest one shown */
  let newest = null;
  list.replaceChildren(h("li", "feed-empty", [texts.waitingForFeed]));
  return {
    /** @param {State} state */
    show({ sentences, run }) {
      const last = sentences.length ? sentences[sentences.length - 1] : null;
      if (!last || last === newest) return;
      const shownUpTo = newest ? sentences.lastIndexOf(newest) : -1;
      if (shownUpTo < 0) list.replaceChildren();
      for (const sentence of sentences.slice(shownUpTo + 1)) {
        list.prepend(item(sentence, run?.started_us ?? 0));
      }
      while (list.childElementCount > SENTENCES_MAX) list.lastElementChild?.remove();
      newest = last;
    },
  };
}

/** @param {Sentence} sentence @param {number} started_us */
function item(sentence, started_us) {
  const entry = h("li", "feed-item", [
    h("time", "feed-time", [runTime(sentence.at_us - started_us)]),
    h("p", "feed-text", [sentence.text]),
  ]);
  entry.dataset.tone = TONES.has(sentence.tone) ? sentence.tone : "plain";
  return entry;
}
