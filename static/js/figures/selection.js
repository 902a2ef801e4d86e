/**
 * What belongs to the thing that is selected: which keys, nodes and window all views mark. Pure.
 *
 * @import {Selection, State} from "../types.js"
 */

import { windowId } from "../store.js";
import { canonical, newestOf } from "../values.js";

/**
 * @typedef {{keys: ReadonlySet<string>, nodes: ReadonlySet<string>, window: string}} Marked
 *
 * @param {Pick<State, "selection"|"windows"|"keys"|"replicas">} state
 * @returns {Marked} of a key, the replicas that differ from its newest value now; of a window, those that differed in it
 */
export function marked({ selection, windows, keys, replicas }) {
  if (!selection) return { keys: new Set(), nodes: new Set(), window: "" };
  const { kind, id, ids = [] } = selection;
  if (kind === "node") return { keys: new Set(), nodes: new Set([id]), window: "" };
  if (kind === "window") {
    const nodes = windows.find((window) => windowId(window) === id)?.replicas ?? [];
    return { keys: new Set(ids.slice(0, 1)), nodes: new Set(nodes), window: id };
  }
  const name = kind === "key" ? id : ids[0];
  const key = keys.get(name);
  const newest = key?.diverged ? canonical(newestOf(key)?.value) : "";
  const differing = replicas.filter((one) => key?.diverged && canonical(key.values[one]?.value) !== newest);
  return { keys: new Set(name ? [name] : []), nodes: new Set(differing), window: "" };
}

/** A window of the run as a selection. @param {import("../types.js").WindowView} window @returns {Selection} */
export function ofWindow(window) {
  return { kind: "window", id: windowId(window), at_us: window.from_us, ids: [window.key] };
}
