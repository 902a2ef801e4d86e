/**
 * Asks, where time stands in the past, for what is under way at that instant, and has the map show it.
 *
 * @import {State} from "../types.js"
 */

import { underWay } from "../figures/still.js";

/** Whoever steps or scrubs on is not asked about where they have been. */
const REST_MS = 180;
/** A message that takes longer than this is not found. */
const HORIZON_US = 20_000_000;

/**
 * @param {string} url of the trace
 * @param {{still: (found: ReturnType<typeof underWay>|null) => void}} map
 */
export function createUnderWay(url, map) {
  /** @type {number|null} the instant that is shown, or asked for */
  let shown_us = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  /** @param {number} at_us */
  async function ask(at_us) {
    try {
      const query = new URLSearchParams({ from_us: String(at_us), to_us: String(at_us + HORIZON_US) });
      const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
      if (!response.ok || shown_us !== at_us) return;
      const piece = await response.json();
      if (shown_us === at_us) map.still(underWay(piece, at_us));
    } catch {
      shown_us = null; // asked again with the next change
    }
  }

  return {
    /** @param {State} state @param {number} pace 0: time stands */
    show({ cursor_us }, pace) {
      const wanted_us = pace === 0 && cursor_us !== null ? Math.round(cursor_us) : null;
      if (wanted_us === shown_us) return;
      shown_us = wanted_us;
      clearTimeout(timer);
      map.still(null);
      if (wanted_us !== null) timer = setTimeout(() => ask(wanted_us), REST_MS);
    },
  };
}
