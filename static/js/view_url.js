/**
 * What is looked at, as the query of the page's address: `?t=12.345&at=key:o1&speed=0.5&play=1&projector=1&theme=dark`. Pure.
 *
 * What it does not know it leaves alone: other views keep their own parts of the address.
 *
 * @import {Selection} from "./types.js"
 *
 * @typedef {object} View
 * @property {number|null} t_us since the run began; `null` is the present
 * @property {Selection|null} selection
 * @property {number} speed
 * @property {boolean} isPlaying
 * @property {boolean} isProjector
 * @property {string} theme "light", "dark", or "" for each reader's own
 */

import { SPEEDS } from "./player.js";

const KINDS = ["key", "node", "message", "update", "window"];
const TEXT_LENGTH_MAX = 300;
/** A day: no run lasts longer. */
const T_US_MAX = 86_400e6 * 2;

/** @param {string} search @returns {View} */
export function parseView(search) {
  const given = new URLSearchParams(search);
  const t_us = Math.round(Number(given.get("t") ?? NaN) * 1e6);
  const speed = Number(given.get("speed"));
  const theme = given.get("theme") ?? "";
  return {
    t_us: Number.isFinite(t_us) && t_us >= 0 && t_us <= T_US_MAX ? t_us : null,
    selection: parseSelection(given.get("at") ?? ""),
    speed: SPEEDS.includes(speed) ? speed : 1,
    isPlaying: given.get("play") === "1",
    isProjector: given.get("projector") === "1",
    theme: theme === "light" || theme === "dark" ? theme : "",
  };
}

/** The query for a view, with what else was in `search`. @param {View} view @param {string} search */
export function formatView(view, search) {
  const query = new URLSearchParams(search);
  const parts = {
    t: view.t_us === null ? "" : String(view.t_us / 1e6),
    at: view.selection ? `${view.selection.kind}:${view.selection.id}` : "",
    speed: view.speed === 1 ? "" : String(view.speed),
    play: "",
    projector: view.isProjector ? "1" : "",
    theme: view.theme,
  };
  for (const [name, value] of Object.entries(parts)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text ? `?${text}` : "";
}

/** @param {string} text @returns {Selection|null} */
function parseSelection(text) {
  const colon = text.indexOf(":");
  const [kind, id] = [text.slice(0, colon), text.slice(colon + 1)];
  if (!KINDS.includes(kind) || !id || id.length > TEXT_LENGTH_MAX) return null;
  const selection = { kind: /** @type {Selection["kind"]} */ (kind), id };
  return kind === "window" ? { ...selection, ...ofWindow(id) } : selection;
}

/** What a window's id says: which view, from when, of which key. @param {string} id */
function ofWindow(id) {
  const [, from_us, ...key] = id.split(" ");
  return { at_us: Number(from_us) || 0, ids: [key.join(" ")] };
}
