/**
 * What belongs to the thing that is selected: which keys, nodes and window all views mark. Pure.
 *
 * @import {Selection, State} from "../types.js"
 */

import { windowId } from "../store.js";

/**
 * @typedef {{keys: ReadonlySet<string>, nodes: ReadonlySet<string>, window: string}} Marked
 *
 * @param {Pick<State, "selection"|"windows">} state
 * @returns {Marked} of a key or window, the nodes that differ from the others in it
 */
export function marked({ selection, windows }) {
  if (!selection) return { keys: new Set(), nodes: new Set(), window: "" };
  const { kind, id, ids = [] } = selection;
  if (kind === "node") return { keys: new Set(), nodes: new Set([id]), window: "" };
  const keys = kind === "key" ? [id] : ids.slice(0, 1);
  const concerned = windows.filter((window) =>
    kind === "window" ? windowId(window) === id : window.key === keys[0] && window.to_us === null
  );
  return {
    keys: new Set(keys),
    nodes: new Set(concerned.flatMap((window) => window.replicas)),
    window: kind === "window" ? id : "",
  };
}

/** A window of the run as a selection. @param {import("../types.js").WindowView} window @returns {Selection} */
export function ofWindow(window) {
  return { kind: "window", id: windowId(window), at_us: window.from_us, ids: [window.key] };
}
