/**
 * The tones of messages by their type, as everywhere on the page, numbered in the order in which they are met. Pure.
 *
 * @import {Trace} from "./trace.js"
 */

import { toneOfType } from "../figures/flow.js";
import { TONES_MAX } from "./scene.js";
import { APPLIED } from "./trace.js";

export function createTones() {
  /** @type {string[]} */
  const names = [];
  /** @type {Map<number, number>} type → tone */
  const known = new Map();
  return {
    names,
    /** The tone of a message; 0 for what is none. @param {Trace} trace @param {number} event */
    of(trace, event) {
      if (trace.kind.values[event] >= APPLIED) return 0;
      const type = trace.what.values[event];
      let tone = known.get(type);
      if (tone === undefined) {
        const name = toneOfType(trace.name(type));
        const place = names.indexOf(name);
        tone = place < 0 ? Math.min(TONES_MAX, names.push(name)) - 1 : place;
        known.set(type, tone);
      }
      return tone;
    },
  };
}
