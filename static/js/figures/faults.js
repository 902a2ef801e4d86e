/**
 * Faults as they are drawn: shaded spans with words in the timeline, and what is wrong at each node and link now. Pure.
 *
 * @import {FaultView, TouchView, Theme} from "../types.js"
 * @import {Range} from "./range.js"
 */

import { faultTexts } from "../fault_texts.js";
import { runTime, shortName } from "../format.js";
import { plain } from "./base.js";

/** Room that a letter of a label needs, in pixels. */
const LETTER_PX = 6.6;
const LABEL_LETTERS_MIN = 5;
const LINE_PX = 14;
/** Kinds that stop a node. */
const STOPS = new Set(["pause", "crash"]);

/**
 * Shapes and annotations for the faults in sight. Labels that would cover each other stand one above the other.
 *
 * @param {FaultView[]} faults
 * @param {{started_us: number, now_us: number, range: Range, width_px: number}} view
 * @param {Theme} theme
 */
export function faultBands(faults, view, theme) {
  const { from_s, to_s } = view.range;
  const px_per_s = view.width_px / (to_s - from_s);
  return {
    shapes: faultShades(faults, view, theme),
    annotations: labelsOf(bandsOf(faults, view), { from_s, to_s, px_per_s }, theme),
  };
}

/**
 * Only the shapes: for charts that stand below one that has the words.
 *
 * @param {FaultView[]} faults
 * @param {{started_us: number, now_us: number, range: Range}} view
 * @param {Theme} theme
 */
export function faultShades(faults, view, theme) {
  return bandsOf(faults, view).map(({ from, to }) => ({
    type: "rect",
    xref: "x",
    yref: "paper",
    x0: from,
    x1: to,
    y0: 0,
    y1: 1,
    layer: "below",
    line: { width: 1, color: theme.muted, dash: "dot" },
    fillcolor: theme.fault,
  }));
}

/** @param {FaultView[]} faults @param {{started_us: number, now_us: number, range: Range}} view */
function bandsOf(faults, { started_us, now_us, range: { from_s, to_s } }) {
  const seconds = (/** @type {number} */ us) => (us - started_us) / 1e6;
  return faults
    .map((fault) => ({
      fault,
      from: Math.max(from_s, seconds(fault.from_us)),
      to: Math.min(to_s, seconds(fault.to_us ?? now_us)),
    }))
    .filter(({ from, to }) => to > from || (from <= to_s && to === from));
}

/**
 * A label for each span that has room for some letters of it, on the lowest line on which it covers no other label.
 *
 * @param {{fault: FaultView, from: number, to: number}[]} bands
 * @param {{from_s: number, to_s: number, px_per_s: number}} view
 * @param {Theme} theme
 */
function labelsOf(bands, { from_s, to_s, px_per_s }, theme) {
  /** @type {number[]} where each line is free again, in pixels */
  const freeAt = [];
  return bands.flatMap(({ fault, from }) => {
    const fits = Math.floor((to_s - from) * px_per_s / LETTER_PX) - 1;
    if (fits < LABEL_LETTERS_MIN) return [];
    const text = shortName(fault.label, fits);
    const left = (from - from_s) * px_per_s;
    const found = freeAt.findIndex((free) => free <= left);
    const line = found < 0 ? freeAt.length : found;
    freeAt[line] = left + (text.length + 2) * LETTER_PX;
    return [{
      text: plain(text),
      hovertext: plain(fault.label),
      xref: "x",
      yref: "paper",
      x: from,
      y: 0,
      xanchor: "left",
      yanchor: "bottom",
      yshift: LINE_PX * line,
      showarrow: false,
      font: { color: theme.fault_text, size: theme.font_px },
    }];
  });
}

/** Those that last now. @param {FaultView[]} faults */
export function lasting(faults) {
  return faults.filter((fault) => fault.to_us === null);
}

/**
 * What is wrong now, by node and by link ("eu us", as the map names its edges): in words, and whether it stops.
 *
 * @param {FaultView[]} faults
 * @returns {{nodes: Map<string, {text: string, stops: boolean}>, links: Map<string, {text: string, cuts: boolean}>}}
 */
export function troubles(faults) {
  /** @type {Map<string, {text: string, stops: boolean}>} */
  const nodes = new Map();
  /** @type {Map<string, {text: string, cuts: boolean}>} */
  const links = new Map();
  for (const fault of lasting(faults)) {
    for (const target of fault.targets) {
      if (target.includes(">")) {
        const id = target.replace(">", " ");
        const cuts = fault.what === "partition" || (links.get(id)?.cuts ?? false);
        links.set(id, { text: joined(links.get(id)?.text, fault.mark), cuts });
      } else {
        const stops = STOPS.has(fault.what) || (nodes.get(target)?.stops ?? false);
        nodes.set(target, { text: joined(nodes.get(target)?.text, fault.mark), stops });
      }
    }
  }
  return { nodes, links };
}

/** @param {string|undefined} before @param {string} mark */
function joined(before, mark) {
  return before && before !== mark ? `${before}, ${mark}` : mark;
}

/** How many faults that are over are listed, the latest first. */
export const OVER_LISTED_MAX = 8;

/**
 * The list of faults: those that last, then those that are over, each with when it was and what it touched.
 *
 * @param {FaultView[]} faults
 * @param {{started_us: number, now_us: number, isOver: boolean}} view
 */
export function faultList(faults, { started_us, now_us, isOver }) {
  const open = faults.filter((fault) => fault.to_us === null).reverse();
  const over = faults.filter((fault) => fault.to_us !== null).reverse();
  const rows = [...open, ...over.slice(0, OVER_LISTED_MAX)].map((fault) => {
    const from = runTime(fault.from_us - started_us);
    const lasts = fault.to_us === null;
    return {
      id: fault.id,
      row: `${fault.id} ${fault.from_us}`,
      label: fault.label,
      lasts: lasts && !isOver,
      when: fault.to_us === null && isOver
        ? faultTexts.span(from, faultTexts.theEnd)
        : fault.to_us === null
        ? faultTexts.since(from, Math.max(0, Math.floor((now_us - fault.from_us) / 1e6)))
        : faultTexts.span(from, runTime(fault.to_us - started_us)),
      ...bite(fault.touched, lasts && !isOver),
    };
  });
  return { rows, more: Math.max(0, over.length - OVER_LISTED_MAX) };
}

/** What a fault touched, in words; of one that lasts it is too early to say that it touched nothing. @param {TouchView|undefined} touched @param {boolean} lasts */
function bite(touched, lasts) {
  if (!touched || !touched.counted) return { touched: faultTexts.notCounted, kinds: "", isNothing: false };
  if (touched.messages) {
    return { touched: faultTexts.touched(touched), kinds: faultTexts.kinds(touched.kinds), isNothing: false };
  }
  const text = lasts ? faultTexts.nothingYet : faultTexts.nothing(touched.note);
  return { touched: text, kinds: "", isNothing: !lasts };
}
