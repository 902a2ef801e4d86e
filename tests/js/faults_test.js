/** Faults: folded like windows, shaded in the timeline, and told at the nodes and links that they touch. */

import { deepStrictEqual as equal } from "node:assert";
import { entriesOf, hasDisk, kindsAt } from "../../static/js/figures/fault_entries.js";
import { faultBands, faultList, OVER_LISTED_MAX, troubles } from "../../static/js/figures/faults.js";
import { EMPTY, FAULTS_MAX, reduce } from "../../static/js/store.js";
import { createSampleServer } from "./sample_frames.js";

/** @param {string} id @param {number} from_us @param {number|null} to_us @param {Partial<import("../../static/js/types.js").FaultView>} [more] */
const fault = (id, from_us, to_us, more = {}) => ({
  id,
  what: "pause",
  targets: ["ap"],
  label: "ap paused",
  mark: "paused",
  from_us,
  to_us,
  ...more,
});

Deno.test("a fault that ends takes its own place, and folding gives what the next snapshot has", () => {
  const server = createSampleServer();
  let state = reduce(EMPTY, server.snapshot("joined"));
  state = reduce(state, server.advance(50_000, { faults: [fault("f1", 1, null), fault("f2", 2, null)] }));
  state = reduce(state, server.advance(50_000, { faults: [fault("f1", 1, 9), fault("f1", 10, null)] }));
  equal(state.faults, [fault("f1", 1, 9), fault("f2", 2, null), fault("f1", 10, null)]);
  equal(state.faults, reduce(EMPTY, server.snapshot("joined")).faults);
});

Deno.test("over the bound what ended goes first, and is counted", () => {
  const server = createSampleServer();
  let state = reduce(EMPTY, server.snapshot("joined"));
  for (let i = 0; i < FAULTS_MAX + 3; i += 1) {
    state = reduce(state, server.advance(50_000, { faults: [fault(`f${i}`, i, i === 0 ? null : i + 1)] }));
  }
  equal([state.faults.length, state.faults_dropped], [FAULTS_MAX, 3]);
  equal(state.faults.slice(0, 2).map((one) => one.id), ["f0", "f4"]);
  const { faults, faults_dropped } = reduce(EMPTY, server.snapshot("joined"));
  equal([state.faults, state.faults_dropped], [faults, faults_dropped]);
});

const theme = /** @type {import("../../static/js/types.js").Theme} */ ({
  fault: "soft",
  fault_text: "grey",
  font_px: 12,
});
const view = { started_us: 0, now_us: 40_000_000, range: { from_s: 10, to_s: 40 }, width_px: 600 };

Deno.test("a fault is a shaded span, clipped to what is in sight, and one that lasts ends now", () => {
  const { shapes, annotations } = faultBands(
    [
      fault("gone", 1_000_000, 9_000_000),
      fault("half", 5_000_000, 20_000_000),
      fault("now", 30_000_000, null),
    ],
    view,
    theme,
  );
  equal(shapes.map((shape) => [shape.x0, shape.x1]), [[10, 20], [30, 40]]);
  equal(annotations.map((one) => [one.x, one.text, one.yshift]), [[10, "ap paused", 0], [
    30,
    "ap paused",
    0,
  ]]);
});

Deno.test("labels of faults at the same time stand one above the other, and one without room is left out", () => {
  const { annotations } = faultBands(
    [
      fault("a", 20_000_000, null),
      fault("b", 21_000_000, 30_000_000),
      fault("c", 39_500_000, null),
    ],
    view,
    theme,
  );
  equal(annotations.map((one) => [one.x, one.yshift]), [[20, 0], [21, 14]]);
});

Deno.test("what is wrong now is told at each node and link; a cut is more than a trouble", () => {
  const { nodes, links } = troubles([
    fault("p", 1, null),
    fault("c", 1, null, { what: "clock", mark: "clock +60 s" }),
    fault("over", 1, 2, { targets: ["eu"] }),
    fault("l", 1, null, { what: "link", targets: ["eu>us"], mark: "slow" }),
    fault("x", 1, null, { what: "partition", targets: ["eu>us", "us>eu"], mark: "cut" }),
  ]);
  equal([...nodes], [["ap", { text: "paused, clock +60 s", stops: true }]]);
  equal([...links], [["eu us", { text: "slow, cut", cuts: true }], ["us eu", { text: "cut", cuts: true }]]);
});

/** @param {Partial<import("../../static/js/types.js").TouchView>} more */
const touched = (more) => ({
  messages: 0,
  nodes: 0,
  operations: 0,
  kinds: {},
  note: "",
  counted: true,
  ...more,
});
const VIEW = { started_us: 1_000_000, now_us: 13_000_000, isOver: false };

Deno.test("what lasts is listed first, then what is over, the latest first, and the rest is counted", () => {
  const over = Array.from({ length: OVER_LISTED_MAX + 2 }, (_, i) => fault(`f${i}`, 1e6 + i, 2e6));
  const { rows, more } = faultList([...over, fault("open", 4_000_000, null)], VIEW);
  equal(rows.map((row) => row.id).slice(0, 3), ["open", `f${OVER_LISTED_MAX + 1}`, `f${OVER_LISTED_MAX}`]);
  equal([rows.length, more], [OVER_LISTED_MAX + 1, 2]);
  equal([rows[0].when, rows[1].when], ["since 0:03.0, for 9 s", "0:00.0 to 0:01.0"]);
});

Deno.test("a fault says what it touched, and one that is over and touched nothing why", () => {
  const some = touched({ messages: 2, nodes: 1, operations: 1, kinds: { dropped: 2 } });
  const nothing = touched({ note: "it began after the last message" });
  const rows = faultList([
    fault("a", 1, null, { touched: nothing }),
    fault("b", 1, 2, { touched: nothing }),
    fault("c", 1, 2, { touched: some }),
    fault("d", 1, 2, { touched: touched({ counted: false }) }),
    fault("e", 1, 2),
  ], VIEW).rows;
  equal(
    Object.fromEntries(rows.map((row) => [row.id, [row.touched, row.kinds, row.isNothing]])),
    {
      a: ["touched nothing yet", "", false],
      b: ["Touched nothing: it began after the last message", "", true],
      c: ["2 messages, 1 node, 1 operation", "2 dropped", false],
      d: ["what it touches cannot be counted", "", false],
      e: ["what it touches cannot be counted", "", false],
    },
  );
});

Deno.test("of a run that is over nothing lasts, and what never ended is judged too", () => {
  const open = fault("a", 1_000_000, null, { touched: touched({ note: "nothing was sent" }) });
  const [row] = faultList([open], { ...VIEW, isOver: true }).rows;
  equal([row.lasts, row.touched, row.isNothing], [false, "Touched nothing: nothing was sent", true]);
  equal(row.when, "0:00.0 to the end");
});

Deno.test("what is wished at a place becomes entries of a schedule", () => {
  const way = { source: "eu", target: "us" };
  const node = { node: "eu", role: "region" };
  equal(entriesOf(way, { kind: "cut", both: true, mode: "hold" }), [
    { kind: "partition", between: [["eu"], ["us"]], one_way: false, mode: "hold" },
  ]);
  equal(entriesOf(way, { kind: "delay", both: true, amount: 500, for_s: 5 }), [
    { kind: "link", source: "eu", target: "us", latency: { kind: "constant", ms: 500 }, for_s: 5 },
    { kind: "link", source: "us", target: "eu", latency: { kind: "constant", ms: 500 }, for_s: 5 },
  ]);
  equal(entriesOf(way, { kind: "lose", amount: 12.5 }), [{
    kind: "link",
    source: "eu",
    target: "us",
    loss: 0.125,
  }]);
  equal(entriesOf(way, { kind: "duplicate", amount: 30 })[0].duplicate, 0.3);
  equal(entriesOf(way, { kind: "reorder" })[0].ordered, false);
  equal(entriesOf(node, { kind: "crash", disk: "lost", for_s: 2 }), [
    { kind: "crash", node: "eu", disk: "lost", for_s: 2 },
  ]);
  equal(entriesOf(node, { kind: "isolate", mode: "hold" }), [
    { kind: "partition", between: [["eu"], ["*"]], mode: "hold" },
  ]);
  equal(entriesOf(node, { kind: "clock", amount: -1.5 }), [{ kind: "clock", node: "eu", offset_ms: -1_500 }]);
  equal(entriesOf(node, { kind: "slow", amount: 10 }), [{ kind: "slow", node: "eu", factor: 10 }]);
  equal(entriesOf(node, { kind: "pause" }), [{ kind: "pause", node: "eu" }]);
});

Deno.test("those who play the clients have no disk to lose and no clock that may be wrong", () => {
  const client = { node: "client", role: "client" };
  equal([kindsAt(client).includes("clock"), hasDisk(client)], [false, false]);
  equal([
    kindsAt({ node: "tax", role: "service" }).includes("clock"),
    hasDisk({ node: "tax", role: "service" }),
  ], [
    true,
    true,
  ]);
});
