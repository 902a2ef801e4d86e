/**
 * From places in the history to what the whole page points at: the observations are asked for, and the most telling of
 * them is selected.
 *
 * @import {Selection} from "../types.js"
 *
 * @typedef {{kind: string, at_us: number, node: string, key?: string, message?: string, update?: string, value?: unknown}} Line
 */

const PLACES_MAX = 6;

/** @param {string} url of the trace @param {number[]} places @returns {Promise<Selection|null>} */
export async function askFor(url, places) {
  const lines = await Promise.all(
    places.slice(0, PLACES_MAX).map(async (place) => {
      try {
        const response = await fetch(`${url}/${place}`, { headers: { Accept: "application/json" } });
        return response.ok ? await response.json() : null;
      } catch {
        return null;
      }
    }),
  );
  return mostTelling(lines.filter((line) => line !== null));
}

/**
 * An update before a message, and either before the key that all is about. Pure.
 *
 * @param {Line[]} lines
 * @returns {Selection|null}
 */
export function mostTelling(lines) {
  /** @type {Selection[]} */
  const found = [];
  for (const { kind, at_us, node, key = "", message, update, value } of lines) {
    if (kind === "applied" && update) found.push({ kind: "update", id: update, at_us, ids: [key] });
    const made = value !== null && typeof value === "object" && "update" in value ? value.update : null;
    if (kind === "completed" && typeof made === "string") {
      found.push({ kind: "update", id: made, ids: [key] });
    }
    if (message) found.push({ kind: "message", id: message, at_us, ids: [key] });
    if (key) found.push({ kind: "key", id: key, at_us });
    else if (node) found.push({ kind: "node", id: node, at_us });
  }
  const order = ["update", "message", "key", "node"];
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0] ?? null;
}
