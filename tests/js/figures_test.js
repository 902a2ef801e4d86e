/** The charts: what Plotly is given, exactly, where it matters. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { anomaliesOf, anomalyTrace } from "../../static/js/figures/anomalies.js";
import { niceCeiling } from "../../static/js/figures/base.js";
import { csvOf } from "../../static/js/figures/csv.js";
import { decimate } from "../../static/js/figures/decimate.js";
import { divergedFigure } from "../../static/js/figures/diverged.js";
import { divergedOverTime, divergenceFigure, windowsInSight } from "../../static/js/figures/divergence.js";
import { assignLanes } from "../../static/js/figures/lanes.js";
import { lengthsFigure, lengthsInWords } from "../../static/js/figures/lengths.js";
import { brushed, formatZoom, parseZoom, rangeOf, scaled, ticksOf } from "../../static/js/figures/range.js";
import {
  availabilityFigure,
  lagFigure,
  latencyFigure,
  secondsInSight,
  throughputFigure,
} from "../../static/js/figures/rates.js";
import { condense } from "../../static/js/figures/feed.js";
import { totalsModel } from "../../static/js/figures/totals.js";

const theme = {
  text: "text",
  muted: "muted",
  grid: "grid",
  surface: "surface",
  hot: "hot",
  warm: "warm",
  bad: "bad",
  accent: "calm",
  fault: "fault",
  fault_text: "fault-text",
  series: ["one", "two", "three"],
  font_family: "sans",
  font_px: 12,
};
const second_us = 1_000_000;
const first30 = { from_s: 0, to_s: 30 };
/** @param {number} now_s */
const viewOf = (now_s) => ({ range: first30, width_px: 600, started_us: 0, now_us: now_s * second_us });

/** @param {string} key @param {number} from @param {number|null} to seconds @param {"value"|"updates"} [view] */
const windowOf = (key, from, to, view = "value") => ({
  key,
  view,
  from_us: from * second_us,
  to_us: to === null ? null : to * second_us,
  replicas: [],
});

Deno.test("windows are one bar trace for each view; open ones grow to now in a colour of their own", () => {
  const windows = [windowOf("a", 1, 3), windowOf("b", 4, null), windowOf("a", 1, 5, "updates")];
  const lanes = new Map([["a", 0], ["b", 1]]);
  const given = { windows, lanes, started_us: 0, now_us: 10 * second_us, range: first30, width_px: 600 };
  const figure = divergenceFigure(given, theme);
  equal(figure.data.length, 3);
  const [updates, values] = /** @type {any[]} */ (figure.data);
  equal([values.type, values.orientation, values.base, values.x, values.y], ["bar", "h", [1, 4], [2, 6], [
    0,
    1,
  ]]);
  equal(values.marker.color, ["calm", "hot"]);
  equal([updates.base, updates.x, updates.y, updates.marker.color], [[1], [4], [0], ["warm"]]);
  equal(values.hovertext, ["a: values differ, 2.00 s", "b: values differ, 6.00 s"]);
  equal([figure.hidden, figure.open], [0, 1]);
  equal(figure.table.rows[1], ["b", "value", 4, null, 6_000, ""]);
});

Deno.test("what is in sight is the last seconds up to now, the whole run, or what was zoomed to", () => {
  const at = (/** @type {number} */ now_s, /** @type {number} */ span_s, zoom = null) => {
    const { from_s, to_s } = rangeOf({ zoom, span_s, now_s });
    return [from_s, to_s];
  };
  equal([at(10, 30), at(45, 30), at(3, Infinity), at(300, Infinity)], [[0, 30], [15, 45], [0, 10], [0, 300]]);
  const zoom = { from_s: 12, to_s: 13.5 };
  equal(rangeOf({ zoom, span_s: 30, now_s: 99 }), zoom);
  const given = { windows: [], lanes: new Map(), started_us: 0, now_us: 0, range: zoom, width_px: 600 };
  equal(/** @type {any} */ (divergenceFigure(given, theme).layout).xaxis.range, [12, 13.5]);
});

Deno.test("a brush selects what it covers, within the run, never less than can be seen; a click selects nothing", () => {
  const range = { from_s: 10, to_s: 40 };
  equal(brushed(400, 200, 600, range), { from_s: 20, to_s: 30 });
  equal(brushed(-50, 900, 600, range), range);
  equal(brushed(100, 104, 600, range), null);
  const narrow = brushed(100, 110, 600, { from_s: 0, to_s: 1 });
  equal(narrow && Math.round((narrow.to_s - narrow.from_s) * 100), 20);
});

Deno.test("zooming by buttons keeps the middle, stays within the run, and can be said in the address", () => {
  equal(scaled({ from_s: 20, to_s: 40 }, 0.5, 60), { from_s: 25, to_s: 35 });
  equal(scaled({ from_s: 5, to_s: 25 }, 2, 60), { from_s: 0, to_s: 40 });
  equal(scaled({ from_s: 20, to_s: 40 }, 8, 60), { from_s: 0, to_s: 60 });
  equal(parseZoom(formatZoom({ from_s: 12.345, to_s: 20 })), { from_s: 12.35, to_s: 20 });
  equal(["", "5", "20-12", "-1-2", "1e9-2", "a-b"].map(parseZoom), [null, null, null, null, null, null]);
});

Deno.test("ticks have room for their text, which is minutes in long runs and as exact as it must be in short ones", () => {
  equal(ticksOf({ from_s: 0, to_s: 30 }, 600).texts, ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]);
  equal(ticksOf({ from_s: 12.1, to_s: 12.9 }, 400).texts, ["12.2 s", "12.4 s", "12.6 s", "12.8 s"]);
  equal(ticksOf({ from_s: 0, to_s: 300 }, 400).texts, ["0:00", "2:00", "4:00"]);
});

Deno.test("what went wrong is marked by kind, those too near to each other as one, and nothing of the future", () => {
  const mark = (/** @type {number} */ s, /** @type {string} */ kind, /** @type {string} */ text) => ({
    at_us: s * second_us,
    tone: "bad",
    text,
    key: `k${s}`,
    mark: kind,
  });
  const lost = /** @type {any} */ ({
    at_us: 5 * second_us,
    key: "c",
    text: "b overwrote a",
    outcome: "overwritten",
    lost_for_good: [],
  });
  const merged = { ...lost, outcome: "merged" };
  const marks = [mark(2, "failed", "one"), mark(2.1, "failed", "<i>two"), mark(9, "gone", "late")];
  const anomalies = anomaliesOf(marks, [lost, merged], 8 * second_us);
  equal(anomalies.map(({ kind, key }) => [kind, key]), [["failed", "k2"], ["failed", "k2.1"], ["lost", "c"]]);
  const view = { started_us: 0, range: { from_s: 0, to_s: 30 }, px_per_s: 20 };
  const { trace, legend } = anomalyTrace(anomalies, view, theme);
  const { x, hovertext, customdata, marker } = /** @type {any} */ (trace);
  equal([x, hovertext], [[2, 5], ["one<br>and 1 more like it", "b overwrote a"]]);
  equal([customdata[1].key, marker.symbol], ["c", ["x", "diamond"]]);
  equal(legend.map(({ label }) => label), ["update lost", "operation failed"]);
});

Deno.test("lengths are bars on a logarithmic axis; open windows stand on top where they have got to", () => {
  const lengths = /** @type {import("../../static/js/types.js").Lengths} */ ({
    counts: [[12, 2], [36, 5]],
    ms_p50: 1_000,
    ms_p95: null,
    ms_p99: null,
  });
  const windows = [windowOf("a", 8.9, null), windowOf("b", 1, 2), windowOf("c", 8.9, null, "updates")];
  const figure = lengthsFigure({ lengths, windows, now_us: 10 * second_us, width_px: 500 }, theme);
  const [closed, open] = /** @type {any[]} */ (figure.data);
  equal([closed.x, closed.y, open.x, open.y], [[12.5, 36.5], [2, 5], [36.5], [1]]);
  equal(figure.table.rows, [[0.1, 0.1468, 2, 0], [1000, 1468, 5, 1]]);
  const layout = /** @type {any} */ (figure.layout);
  equal(layout.annotations.map((/** @type {any} */ one) => [one.text, one.x]), [["p50 1.00 s", 36]]);
  equal(lengthsInWords(lengths, 1), "7 windows have closed, 1 is still open; median 1.00 s, p99 –.");
  equal(figure.isEmpty, false);
});

Deno.test("how many keys differ is told by windows, and by seconds before the first that is still on the page", () => {
  const state = {
    windows: [windowOf("a", 3, 4), windowOf("b", 3.5, null)],
    windows_dropped: 7,
    seconds: [secondOf(0, { diverged_keys: 9 }), secondOf(1), secondOf(2, { diverged_keys: 1 }), secondOf(3)],
    faults: [],
  };
  const view = { range: { from_s: 0, to_s: 30 }, width_px: 600, started_us: 0, now_us: 5 * second_us };
  const figure = divergedFigure(state, view, theme);
  equal(figure.table.rows, [[0, 9], [1, 0], [2, 1], [3, 1], [3.5, 2], [4, 1], [5, 1]]);
  equal(divergedFigure({ ...state, windows: [], windows_dropped: 0 }, view, theme).isEmpty, true);
});

Deno.test("availability is the share of what ended that succeeded, and nothing where nothing ended", () => {
  const seconds = [secondOf(0, { completed: 4, ok: 3 }), secondOf(1, { completed: 0, ok: 0 })];
  const [bad, share] = /** @type {any[]} */ (availabilityFigure(seconds, viewOf(2), theme).data);
  equal([share.y, bad.base, bad.y], [[75, null], [75, null], [25, null]]);
  equal(share.text, ["75.0%: 3 of 4 operations", ""]);
});

Deno.test("numbers for a spreadsheet are quoted where they must be, and no name is a formula", () => {
  const rows = [["plain", 1.5], ['a "b", c', null], ["=cmd()", -2], ["two\nlines", true]];
  equal(
    csvOf({ columns: ["name", "n"], rows }),
    'name,n\r\nplain,1.5\r\n"a ""b"", c",\r\n\'=cmd(),-2\r\n"two\nlines",true\r\n',
  );
});

Deno.test("a timeline without windows, and one with more lanes than fit", () => {
  const base = { started_us: 0, now_us: 10 * second_us, range: first30, width_px: 600 };
  const empty = divergenceFigure({ ...base, windows: [], lanes: new Map() }, theme);
  equal(/** @type {any} */ (empty.data[1]).x, []);
  equal(empty.isEmpty, true);
  const windows = Array.from({ length: 60 }, (_, i) => windowOf(`k${i}`, 1, null));
  const crowded = divergenceFigure({
    ...base,
    windows,
    lanes: assignLanes(new Map(), windows, 10 * second_us),
  }, theme);
  equal(crowded.hidden, 12);
  equal(/** @type {any} */ (crowded.layout).yaxis.range, [47.5, -0.5]);
});

Deno.test("how many keys differ is a step function that counts overlaps, once at a tie", () => {
  const windows = [
    windowOf("a", 1, 3),
    windowOf("b", 2, null),
    windowOf("c", 3, 4),
    windowOf("d", 1, 9, "updates"),
  ];
  const steps = divergedOverTime(windows, 0, 5 * second_us).map(([us, n]) => [us / second_us, n]);
  equal(steps, [[0, 0], [1, 1], [2, 2], [4, 1], [5, 1]]);
  equal(divergedOverTime(windows, 2.5 * second_us, 5 * second_us)[0][1], 2);
  equal(windowsInSight(windows, 4 * second_us, 34 * second_us).map((window) => window.key), ["b", "d"]);
});

Deno.test("a key keeps its lane while it is seen, and a free lane is used again", () => {
  const first = assignLanes(new Map(), [windowOf("a", 1, 2), windowOf("b", 1.5, null)], 3 * second_us);
  equal([...first], [["a", 0], ["b", 1]]);
  const later = assignLanes(first, [windowOf("b", 1.5, null), windowOf("c", 4, null)], 5 * second_us);
  equal([...later], [["b", 1], ["c", 0]]);
});

Deno.test("decimation keeps ends and peaks, at most two points a bucket", () => {
  const points = Array.from(
    { length: 1_000 },
    (_, i) => /** @type {[number, number]} */ ([i, i === 500 ? 99 : i % 3]),
  );
  const kept = decimate(points, 50);
  ok(kept.length <= 102);
  equal([kept[0], kept[kept.length - 1]], [points[0], points[999]]);
  ok(kept.some(([, y]) => y === 99));
  equal(kept, [...kept].sort(([a], [b]) => a - b));
  equal(decimate(points.slice(0, 10), 50), points.slice(0, 10));
});

Deno.test("an axis grows in steps of 1, 2 and 5", () => {
  equal([0, 3, 10, 11, 49, 51, 200.5].map((n) => niceCeiling(n)), [1, 5, 10, 20, 50, 100, 500]);
});

/** @param {number} second @param {object} [more] @returns {import("../../static/js/types.js").Second} */
const secondOf = (second, more = {}) => ({
  second,
  placed: 1,
  completed: 1,
  sent: 20,
  delivered: 18,
  dropped: 2,
  diverged_keys: 0,
  latency_ms_p50: 40,
  latency_ms_p99: 90,
  lag_ms: {},
  ok: 1,
  ...more,
});

Deno.test("throughput, lag and latency draw the seconds they are given", () => {
  const seconds = [secondOf(1, { lag_ms: { tax: 30 } }), secondOf(2)];
  const [dropped, sent, delivered] = /** @type {any[]} */ (throughputFigure(seconds, viewOf(3), theme).data);
  equal([dropped.y, sent.y, delivered.y], [[2, 2], [20, 20], [18, 18]]);
  const lag = lagFigure(seconds, ["order", "tax"], viewOf(3), theme);
  equal(lag.data.map((line) => [/** @type {any} */ (line).name, /** @type {any} */ (line).y]), [["tax", [
    30,
    null,
  ]]]);
  equal(lag.legend, [{ label: "tax", color: "two", dash: "dash" }]);
  const latency = latencyFigure(
    [secondOf(1), secondOf(2, { latency_ms_p50: null, latency_ms_p99: null })],
    viewOf(3),
    theme,
  );
  equal(/** @type {any} */ (latency.data[1]).y, [40, null]);
  equal(/** @type {any} */ (latency.layout).yaxis.range, [0, 106]);
});

Deno.test("the second that still goes on is left out, until the run is over", () => {
  const seconds = [secondOf(0), secondOf(1), secondOf(2)];
  const first30 = { from_s: 0, to_s: 30 };
  equal(secondsInSight(seconds, first30, 2.4, true).map((s) => s.second), [0, 1]);
  equal(secondsInSight(seconds, first30, 2.4, false).map((s) => s.second), [0, 1, 2]);
  equal(secondsInSight(seconds, { from_s: 2.5, to_s: 32.5 }, 32.5, true).map((s) => s.second), [2]);
});

Deno.test("totals say what they count; the share of time is of the union, never over one", () => {
  const totals = /** @type {import("../../static/js/types.js").Totals} */ ({
    updates_begun: 1_200,
    updates_accepted: 1_190,
    updates_failed: 2,
    updates_unknown: 0,
    keys_settled: 1_100,
    emails: 3,
    reads: 1,
    messages_sent: 10,
    messages_delivered: 9,
    messages_dropped: 1,
    observations: 0,
    windows_closed: 4,
    windows_open: 1,
    diverged_us_all: 250,
    diverged_us_live: 0,
    window_ms_p50: null,
    window_ms_p99: 140.4,
  });
  const model = totalsModel(totals, 1_000, 1);
  equal(model.map(({ id, text, note }) => [id, text, note]), [
    ["placed", "1,200", "1,190 ok, 2 failed"],
    ["settled", "1,100", "of 1,190 accepted"],
    ["diverged", "1", "5 windows so far"],
    ["share", "25.0%", "of the run so far"],
    ["window", "140 ms", "median –"],
    ["emails", "3", "1 read"],
    ["lost", "1", "of 10 deliveries"],
  ]);
  equal(model.filter((total) => total.is_hot).map((total) => total.id), ["diverged", "share"]);
  equal(model[2].label, "Keys that differ now");
  equal(totalsModel(totals, 1_000, 1, true)[2].label, "Differ at the end");
  equal(totalsModel(totals, 1_000, 1, true)[2].note, "5 windows in all");
  equal(totalsModel(totals, 100, 0)[3].text, "100%");
  equal(totalsModel(null, 0, 0)[0].text, "–");
});

/** @param {string} tone @param {string} text */
const sentenceOf = (tone, text) => ({ at_us: 0, tone, text, key: "", mark: "" });

Deno.test("of many sentences the feed shows those that matter most, in their order, and counts the rest", () => {
  const sentences = [
    sentenceOf("plain", "a"),
    sentenceOf("bad", "b"),
    sentenceOf("plain", "c"),
    sentenceOf("good", "d"),
    sentenceOf("plain", "e"),
  ];
  equal(condense(sentences, 3), { lines: [sentences[1], sentences[3], sentences[4]], left_out: 2 });
  equal(condense(sentences, 5), { lines: sentences, left_out: 0 });
});
