/**
 * The conflicts as marks on the diagram: who was concurrent, where they met, where something was lost. Pure.
 *
 * @import {Conflict} from "../conflicts.js"
 * @import {Mark} from "./picture.js"
 * @import {Trace} from "./trace.js"
 */

const LOSSES = new Set(["overwritten", "discarded", "gone", "back", "again"]);
export const MARKS_MAX = 2_000;

/**
 * @param {Trace} trace
 * @param {Conflict[]} conflicts
 * @returns {Mark[]} each event once, the worst of it
 */
export function marksOf(trace, conflicts) {
  /** @type {Map<number, Mark["mark"]>} */
  const marks = new Map();
  const rank = { concurrent: 0, merge: 1, gone: 2 };
  const put = (/** @type {number} */ index, /** @type {Mark["mark"]} */ mark) => {
    const event = trace.eventOf(index);
    const before = marks.get(event);
    if (event >= 0 && (before === undefined || rank[before] < rank[mark])) marks.set(event, mark);
  };
  for (const { authors, meetings } of conflicts) {
    if (authors.length > 1) { for (const { index } of authors) put(index, "concurrent"); }
    for (const { index, outcome } of meetings) put(index, LOSSES.has(outcome) ? "gone" : "merge");
  }
  return [...marks].slice(0, MARKS_MAX).map(([event, mark]) => ({ event, mark }));
}
