/** The charts: what Plotly is given, exactly, where it matters. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { niceCeiling } from "../../static/js/figures/base.js";
import { decimate } from "../../static/js/figures/decimate.js";
import { divergedOverTime, divergenceFigure, windowsInSight } from "../../static/js/figures/divergence.js";
import { assignLanes } from "../../static/js/figures/lanes.js";
import { lagFigure, latencyFigure, secondsInSight, throughputFigure } from "../../static/js/figures/rates.js";
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
  const given = { windows, lanes, started_us: 0, now_us: 10 * second_us, span_s: 30, width_px: 600 };
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
});

Deno.test("the time axis is the last seconds up to now, and starts at zero before", () => {
  const at = (/** @type {number} */ now) => {
    const given = {
      windows: [],
      lanes: new Map(),
      started_us: 0,
      now_us: now * second_us,
      span_s: 30,
      width_px: 600,
    };
    return /** @type {any} */ (divergenceFigure(given, theme).layout).xaxis.range;
  };
  equal([at(10), at(45)], [[0, 30], [15, 45]]);
});

Deno.test("a timeline without windows, and one with more lanes than fit", () => {
  const base = { started_us: 0, now_us: 10 * second_us, span_s: 30, width_px: 600 };
  const empty = divergenceFigure({ ...base, windows: [], lanes: new Map() }, theme);
  equal(/** @type {any} */ (empty.data[1]).x, []);
  equal(/** @type {any} */ (empty.layout).yaxis2.range, [0, 2.16]);
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
  equal(windowsInSight(windows, 34 * second_us, 30).map((window) => window.key), ["b", "d"]);
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
  const [dropped, sent, delivered] = /** @type {any[]} */ (throughputFigure(seconds, 3, theme).data);
  equal([dropped.y, sent.y, delivered.y], [[2, 2], [20, 20], [18, 18]]);
  const lag = lagFigure(seconds, ["order", "tax"], 3, theme);
  equal(lag.data.map((line) => [/** @type {any} */ (line).name, /** @type {any} */ (line).y]), [["tax", [
    30,
    null,
  ]]]);
  equal(lag.legend, [{ label: "tax", color: "two", dash: "dash" }]);
  const latency = latencyFigure(
    [secondOf(1), secondOf(2, { latency_ms_p50: null, latency_ms_p99: null })],
    3,
    theme,
  );
  equal(/** @type {any} */ (latency.data[1]).y, [40, null]);
  equal(/** @type {any} */ (latency.layout).yaxis.range, [0, 105]);
});

Deno.test("the second that still goes on is left out, until the run is over", () => {
  const seconds = [secondOf(0), secondOf(1), secondOf(2)];
  equal(secondsInSight(seconds, 2.4, true).map((s) => s.second), [0, 1]);
  equal(secondsInSight(seconds, 2.4, false).map((s) => s.second), [0, 1, 2]);
  equal(secondsInSight(seconds, 62.5, true).map((s) => s.second), [2]);
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
