/** Faults: folded like windows, shaded in the timeline, and told at the nodes and links that they touch. */

import { deepStrictEqual as equal } from "node:assert";
import { faultBands, troubles } from "../../static/js/figures/faults.js";
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
const view = { started_us: 0, now_us: 40_000_000, span_s: 30, width_px: 600 };

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
