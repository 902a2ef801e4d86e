/**
 * Every English sentence and label about faults that the scripts put on the page.
 *
 * @import {TouchView} from "./types.js"
 */

import { count } from "./format.js";

/** @param {number} n @param {string} one */
function some(n, one) {
  return `${count(n)} ${n === 1 ? one : `${one}s`}`;
}

export const faultTexts = {
  title: "Faults",
  none: "Nothing is broken.",
  howTo: "Click a service or a line to break it.",
  since: (/** @type {string} */ from, /** @type {number} */ s) => `since ${from}, for ${count(s)} s`,
  span: (/** @type {string} */ from, /** @type {string} */ to) => `${from} to ${to}`,
  theEnd: "the end",
  atTheEnd: (/** @type {string[]} */ labels) => `At the end: ${labels.join("; ")}`,
  heal: "Heal",
  healOne: (/** @type {string} */ label) => `Heal: ${label}`,
  more: (/** @type {number} */ n) => `and ${some(n, "earlier fault")}`,

  touched: (/** @type {TouchView} */ { messages, nodes, operations }) =>
    [some(messages, "message"), some(nodes, "node"), some(operations, "operation")].join(", "),
  kinds: (/** @type {Record<string, number>} */ kinds) =>
    Object.entries(kinds).map(([kind, n]) => `${count(n)} ${kind}`).join(", "),
  nothingYet: "touched nothing yet",
  nothing: (/** @type {string} */ note) => `Touched nothing: ${note}`,
  notCounted: "what it touches cannot be counted",

  breakNode: (/** @type {string} */ node) => `Break ${node}`,
  breakLink: (/** @type {string} */ source, /** @type {string} */ target) =>
    `Break the way from ${source} to ${target}`,
  close: "Close",
  carries: (/** @type {string[]} */ topics) => `carries ${topics.join(", ")}`,
  links: "Or one of its ways",
  broken: "Broken here now",
  whatHappens: "What happens",
  direction: "Direction",
  both: "both ways",
  lasts: "Lasts",
  untilHealed: "until healed",
  seconds: (/** @type {number} */ s) => `${s} s`,

  /** @type {Record<string, string>} the names of the kinds, as chips */
  kind: {
    cut: "Cut",
    delay: "Slow",
    lose: "Lose",
    duplicate: "Duplicate",
    reorder: "Reorder",
    pause: "Pause",
    crash: "Crash",
    isolate: "Cut off",
    slow: "Slow",
    clock: "Clock",
  },
  /** @type {Record<string, string>} what each means, below the chips */
  means: {
    cut: "Nothing gets through.",
    delay: "Every message takes this long.",
    lose: "This share of the messages is lost.",
    duplicate: "This share of the messages arrives twice.",
    reorder: "Messages may overtake each other.",
    pause: "It does nothing, and does not know that it was away.",
    crash: "It is gone, and restarts in the end.",
    isolate: "Nothing gets to it, and nothing from it.",
    slow: "Every message keeps it busy so many times as long.",
    clock: "Its clock is wrong; what it writes is stamped with it.",
  },
  /** @type {Record<string, string>} the button that does it */
  act: {
    cut: "Cut it",
    delay: "Slow it down",
    lose: "Lose messages",
    duplicate: "Duplicate messages",
    reorder: "Reorder messages",
    pause: "Pause it",
    crash: "Crash it",
    isolate: "Cut it off",
    slow: "Slow it down",
    clock: "Skew its clock",
  },
  meanwhile: "What is sent meanwhile",
  drop: "is lost",
  hold: "is held until it is healed",
  disk: "Its disk",
  kept: "is kept",
  diskLost: "is lost",
  latency: "Takes, in ms",
  share: "Share, in %",
  factor: "Times as long",
  offset: "Off by, in s",
};
