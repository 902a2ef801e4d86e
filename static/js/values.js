/**
 * What a replica's value looks like: its words, its tone (colour and pattern, one class name), and how it compares with
 * the newest value among the replicas. Works for orders, which have a status, and for any other JSON value.
 *
 * @import {KeyView, ReplicaValue} from "./types.js"
 */

import { money } from "./format.js";
import { texts } from "./texts.js";

/** Statuses that have a tone of their own, in the order of an order's life. */
export const STATUSES = ["incomplete", "placed", "validated", "taxed", "mailed", "rejected"];
const OTHER_TONES = 6;

/**
 * One text for one value: objects by sorted key.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/**
 * @param {unknown} value
 * @returns {{tone: string, label: string, detail: string}}
 */
export function describe(value) {
  if (value === null || value === undefined) return { tone: "absent", label: texts.absent, detail: "" };
  const status = statusOf(value);
  if (status !== null) {
    const tone = STATUSES.includes(status) ? status : otherTone(canonical(value));
    return { tone, label: texts.status[status] ?? status, detail: amountOf(value) };
  }
  const label = typeof value === "string" ? value : plain(value);
  return { tone: otherTone(canonical(value)), label, detail: "" };
}

/**
 * The names of the fields in which two values differ, of values that look the same otherwise.
 *
 * @param {unknown} value
 * @param {unknown} newest
 * @returns {string[]}
 */
export function unlikeIn(value, newest) {
  if (!isRecord(value) || !isRecord(newest)) return [];
  const names = new Set([...Object.keys(newest), ...Object.keys(value)]);
  return [...names].filter((name) => canonical(value[name]) !== canonical(newest[name])).sort();
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isRecord(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** @param {unknown} value */
function statusOf(value) {
  if (value === null || typeof value !== "object" || !("status" in value)) return null;
  return typeof value.status === "string" ? value.status : null;
}

/** @param {unknown} value */
function amountOf(value) {
  const order = /** @type {Record<string, unknown>} */ (value);
  if (typeof order.total_cents === "number") return money(order.total_cents);
  return typeof order.net_cents === "number" ? texts.netAmount(money(order.net_cents)) : "";
}

/** A value in words, without quotes. @param {unknown} value @returns {string} */
export function plain(value) {
  if (Array.isArray(value)) {
    return `{${value.map((item) => (typeof item === "string" ? item : canonical(item))).join(", ")}}`;
  }
  return value !== null && typeof value === "object" ? canonical(value).replaceAll('"', "") : String(value);
}

/**
 * The tones of values without one of their own that are seen side by side: by canonical text, as different as there are
 * tones. A value has the tone that it has everywhere, unless another one of these took it first.
 *
 * @param {unknown[]} values
 * @returns {Map<string, string>}
 */
export function otherTones(values) {
  /** @type {Map<string, string>} */
  const tones = new Map();
  const taken = new Set();
  for (const value of values) {
    const text = canonical(value);
    const wanted = describe(value).tone;
    if (tones.has(text) || !wanted.startsWith("other-")) continue;
    const free = Array.from({ length: OTHER_TONES }, (_, i) => `other-${(hashOf(text) + i) % OTHER_TONES}`)
      .find((tone) => !taken.has(tone)) ?? wanted;
    taken.add(free);
    tones.set(text, free);
  }
  return tones;
}

/** Equal values get equal tones, different ones mostly different tones. @param {string} text */
function otherTone(text) {
  return `other-${hashOf(text) % OTHER_TONES}`;
}

/** @param {string} text */
function hashOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/**
 * The newest value among the replicas: the one with the most updates; of those, the one seen first.
 *
 * @param {KeyView} key
 * @returns {ReplicaValue|null}
 */
export function newestOf(key) {
  let newest = null;
  for (const shown of Object.values(key.values)) {
    const isNewer = newest === null || shown.updates > newest.updates ||
      (shown.updates === newest.updates && shown.at_us < newest.at_us);
    if (isNewer) newest = shown;
  }
  return newest;
}
