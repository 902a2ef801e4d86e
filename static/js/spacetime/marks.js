/**
 * The conflicts as marks on the diagram: who was concurrent, where they met, where something was lost. Pure.
 *
 * @import {Marks} from "../conflicts.js"
 * @import {Mark} from "./picture.js"
 * @import {Trace} from "./trace.js"
 */

/** The worst last: an event bears one mark. */
const KINDS = /** @type {Mark["mark"][]} */ (["concurrent", "merge", "gone"]);

/**
 * @param {Trace} trace
 * @param {Marks|null} places
 * @returns {Mark[]} each event once, the worst of it
 */
export function marksOf(trace, places) {
  /** @type {Map<number, Mark["mark"]>} */
  const marks = new Map();
  for (const mark of places ? KINDS : []) {
    for (const index of places?.[mark] ?? []) {
      const event = trace.eventOf(index);
      if (event >= 0) marks.set(event, mark);
    }
  }
  return [...marks].map(([event, mark]) => ({ event, mark }));
}
