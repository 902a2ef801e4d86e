/**
 * The feed: what just happened, in plain words, newest first. It begins with all that the server
 * still knows, looks about once a second, adds the most important of what is new, and stands
 * still while somebody points at it or has it in focus, so that a line can be read.
 *
 * @import {Sentence, State} from "../types.js"
 */

import { condense, LINES_MAX } from "../figures/feed.js";
import { runTime } from "../format.js";
import { texts } from "../texts.js";
import { h } from "./dom.js";

const TONES = new Set(["plain", "good", "warn", "bad"]);
const LOOK_MS = 800;
const LINES_KEPT = 120;

/** @param {HTMLElement} list an `<ol>` */
export function createFeed(list) {
  /** @type {Sentence|null} the newest one known */
  let newest = null;
  let looked_ms = -Infinity;
  list.replaceChildren(h("li", "feed-empty", [texts.waitingForFeed]));

  return {
    /** @param {State} state @param {number} now_ms */
    show({ sentences, run }, now_ms) {
      const last = sentences.length ? sentences[sentences.length - 1] : null;
      if (!last && newest) {
        newest = null;
        list.replaceChildren(h("li", "feed-empty", [texts.waitingForFeed]));
      }
      if (
        !last || (newest && isSame(last, newest)) || now_ms - looked_ms < LOOK_MS ||
        list.matches(":hover, :focus")
      ) return;
      looked_ms = now_ms;
      // After a jump in time nothing of what is listed need have happened.
      const known = newest ? sentences.findLastIndex((one) => isSame(one, newest)) : -1;
      if (known < 0) newest = null;
      const most = newest ? LINES_MAX : LINES_KEPT;
      if (!newest) list.replaceChildren();
      newest = last;
      const { lines, left_out } = condense(sentences.slice(known + 1), most);
      if (left_out) list.prepend(h("li", "feed-rest", [texts.feedRest(left_out)]));
      for (const sentence of lines) list.prepend(item(sentence, run?.started_us ?? 0));
      while (list.childElementCount > LINES_KEPT) list.lastElementChild?.remove();
    },
  };
}

/** @param {Sentence} one @param {Sentence|null} other */
function isSame(one, other) {
  return one.at_us === other?.at_us && one.text === other.text;
}

/** @param {Sentence} sentence @param {number} started_us */
function item(sentence, started_us) {
  const entry = h("li", "feed-item", [
    h("time", "feed-time", [runTime(sentence.at_us - started_us)]),
    h("p", "feed-text", [sentence.text]),
  ]);
  if (sentence.key) entry.dataset.key = sentence.key;
  entry.dataset.tone = TONES.has(sentence.tone) ? sentence.tone : "plain";
  return entry;
}
