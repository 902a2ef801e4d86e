/**
 * The feed's lines. A busy run says more in a second than anybody can read: of what came since the last look, the few
 * that matter most are shown in order, and the rest is counted. Pure.
 *
 * @import {Sentence} from "../types.js"
 */

/** Lines that one look may add. */
export const LINES_MAX = 4;

/** @type {Record<string, number>} */
const WEIGHT = { bad: 3, warn: 2, good: 1, plain: 0 };

/**
 * @param {Sentence[]} sentences what is new, oldest first
 * @param {number} [max]
 * @returns {{lines: Sentence[], left_out: number}}
 */
export function condense(sentences, max = LINES_MAX) {
  if (sentences.length <= max) return { lines: sentences, left_out: 0 };
  const weight = (/** @type {Sentence} */ sentence) => WEIGHT[sentence.tone] ?? 0;
  const chosen = sentences.map((sentence, index) => ({ sentence, index }))
    .sort((a, b) => weight(b.sentence) - weight(a.sentence) || b.index - a.index)
    .slice(0, max)
    .sort((a, b) => a.index - b.index);
  return { lines: chosen.map(({ sentence }) => sentence), left_out: sentences.length - max };
}
