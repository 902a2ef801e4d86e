/**
 * What went wrong, as marks above the timeline: what frames say of it while it happens, and the conflicts that were found
 * in the history. Pure.
 *
 * @import {LegendEntry, Sentence, Theme} from "../types.js"
 * @import {Conflict} from "../conflicts.js"
 * @import {Range} from "./range.js"
 *
 * @typedef {"lost"|"failed"|"unknown"|"missing"|"gone"} Kind
 * @typedef {{at_us: number, kind: Kind, key: string, text: string}} Anomaly
 */

import { texts } from "../texts.js";
import { plain } from "./base.js";

/** Of each kind the symbol, for Plotly and for the legend: never colour alone. The worst first. */
const SYMBOLS = /** @type {Record<Kind, {symbol: string, sign: string}>} */ ({
  lost: { symbol: "diamond", sign: "\u25c6" },
  failed: { symbol: "x", sign: "\u2716" },
  gone: { symbol: "square", sign: "\u25a0" },
  unknown: { symbol: "circle-open", sign: "\u25cb" },
  missing: { symbol: "triangle-down", sign: "\u25bc" },
});
/** Marks that are nearer to each other than this are one. */
const TOGETHER_PX = 11;
/** What becomes of an update that its author would miss. */
const LOSSES = new Set(["overwritten", "discarded", "gone"]);

/**
 * @param {Sentence[]} marks
 * @param {Conflict[]} conflicts
 * @param {number} until_us nothing that happens later
 * @returns {Anomaly[]} by time
 */
export function anomaliesOf(marks, conflicts, until_us) {
  const told = marks.map(({ at_us, mark, key, text }) => ({
    at_us,
    kind: /** @type {Kind} */ (mark),
    key,
    text,
  }));
  const lost = conflicts
    .filter(({ outcome, lost_for_good }) => lost_for_good.length > 0 || LOSSES.has(outcome))
    .map(({ at_us, key, text }) => ({ at_us, kind: /** @type {Kind} */ ("lost"), key, text }));
  return [...told, ...lost]
    .filter(({ at_us, kind }) => at_us <= until_us && kind in SYMBOLS)
    .sort((a, b) => a.at_us - b.at_us);
}

/**
 * @param {Anomaly[]} anomalies
 * @param {{started_us: number, range: Range, px_per_s: number}} view
 * @param {Theme} theme
 * @returns {{trace: object, legend: LegendEntry[]}}
 */
export function anomalyTrace(anomalies, { started_us, range, px_per_s }, theme) {
  const groups = together(
    anomalies
      .map((anomaly) => ({ ...anomaly, at_s: (anomaly.at_us - started_us) / 1e6 }))
      .filter(({ at_s }) => at_s >= range.from_s && at_s <= range.to_s),
    TOGETHER_PX / px_per_s,
  );
  const kinds = Object.keys(SYMBOLS).filter((kind) => groups.some(([first]) => first.kind === kind));
  return {
    trace: {
      type: "scatter",
      mode: "markers",
      name: texts.chart.anomalies,
      x: groups.map(([first]) => first.at_s),
      y: groups.map(() => 0),
      yaxis: "y2",
      marker: {
        symbol: groups.map(([first]) => SYMBOLS[first.kind].symbol),
        color: theme.bad,
        size: 10,
        line: { color: theme.bad, width: 1.5 },
      },
      customdata: groups.map(([first]) => ({ key: first.key, at_us: first.at_us })),
      hovertext: groups.map(([first, ...more]) => texts.chart.anomaly(plain(first.text), more.length)),
      hoverinfo: "text",
      cliponaxis: false,
    },
    legend: kinds.map((kind) => ({
      label: texts.chart.anomalyKinds[kind],
      color: theme.bad,
      sign: SYMBOLS[/** @type {Kind} */ (kind)].sign,
    })),
  };
}

/**
 * Those of a kind that are so near to the first of a group that their marks would cover each other.
 *
 * @template {{at_s: number, kind: Kind}} T
 * @param {T[]} rising
 * @param {number} near_s
 */
function together(rising, near_s) {
  /** @type {T[][]} */
  const groups = [];
  /** @type {Map<Kind, T[]>} */
  const lastOf = new Map();
  for (const one of rising) {
    const last = lastOf.get(one.kind);
    if (last && one.at_s - last[0].at_s < near_s) last.push(one);
    else {
      const group = [one];
      groups.push(group);
      lastOf.set(one.kind, group);
    }
  }
  return groups;
}
