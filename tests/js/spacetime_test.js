/** The space-time diagram's pure parts: the trace from pieces, levels of detail, causality, and where things lie. */

import { worded } from "../../static/js/spacetime/detail.js";
import { deepStrictEqual as equal, ok } from "node:assert";
import { coneOf, createOrder } from "../../static/js/spacetime/causality.js";
import {
  bounded,
  instant,
  laneAt,
  panned,
  ticks,
  timeAt,
  whole,
  xOf,
  yOf,
  zoomed,
} from "../../static/js/spacetime/layout.js";
import { createLod } from "../../static/js/spacetime/lod.js";
import { createTrace } from "../../static/js/spacetime/trace.js";
import { chance, pieceOf, randomRun, traceOf } from "./spacetime_trace.js";

/** Everything that a reader can ask of a trace. @param {import("../../static/js/spacetime/trace.js").Trace} trace */
function told(trace) {
  return Array.from({ length: trace.count }, (_, i) => ({
    at: trace.at.values[i],
    kind: trace.kind.values[i],
    node: trace.nodes[trace.node.values[i]],
    key: trace.name(trace.key.values[i]),
    ref: trace.name(trace.ref.values[i]),
    link: trace.link.values[i],
    source: trace.nodes[trace.sourceOf(i)],
  }));
}

Deno.test("a trace is the same in whatever pieces it comes", () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const events = randomRun(seed, 200);
    equal(told(traceOf(events, { size: 7 })), told(traceOf(events)));
  }
});

Deno.test("a delivery is linked to its sending, every copy of it, and says itself where it came from if that is not there", () => {
  const trace = traceOf([
    { kind: "sent", at_us: 10, node: "a", key: "k", what: "T", ref: "m1", other: "t" },
    { kind: "delivered", at_us: 30, node: "b", key: "k", what: "T", ref: "m1", other: "a", took_us: 20 },
    {
      kind: "delivered",
      at_us: 40,
      node: "b",
      key: "k",
      what: "T",
      ref: "m1",
      other: "a",
      took_us: 30,
      extra: 1,
    },
    { kind: "delivered", at_us: 50, node: "b", key: "k", what: "T", ref: "before", other: "a", took_us: 90 },
    {
      kind: "dropped",
      at_us: 60,
      node: "a",
      key: "k",
      what: "T",
      ref: "m1",
      other: "a",
      took_us: 50,
      extra: "loss",
    },
  ]);
  equal(told(trace).map(({ link, source }) => [link, source]), [
    [-1, undefined],
    [0, "a"],
    [0, "a"],
    [-1, "a"],
    [0, "a"],
  ]);
  equal(trace.name(trace.extra.values[4]), "loss");
});

Deno.test("a piece that was asked for twice is taken once, and what does not fit is not taken", () => {
  const events = randomRun(3, 50);
  const trace = createTrace(40);
  equal(trace.append(pieceOf(events.slice(0, 30))), 30);
  equal(trace.append(pieceOf(events.slice(0, 30))), 0);
  equal(trace.append(pieceOf(events.slice(30), { first: 30 })), 10);
  equal([trace.count, trace.full], [40, true]);
});

Deno.test("a trace may begin anywhere, and counts time from the run's beginning", () => {
  const events = [{ kind: "applied", at_us: 1_700_000_000_000_500, node: "a", key: "k", ref: "u" }];
  const trace = createTrace();
  trace.append(pieceOf(events, { first: 90, nodes: ["b", "a"], started_us: 1_700_000_000_000_000 }));
  equal([trace.at.values[0], trace.eventOf(90), trace.eventOf(89), trace.eventOf(91)], [500, 0, -1, -1]);
  equal([trace.nodes, trace.laneOf("a"), trace.laneOf("nobody")], [["b", "a"], 1, -1]);
});

Deno.test("a fault lasts from its beginning to its end, or goes on", () => {
  const fault = { kind: "faulted", node: "", what: "partition", other: "a cut off from b", targets: ["a>b"] };
  const trace = traceOf([
    { ...fault, at_us: 10, ref: "f1", extra: 1 },
    { ...fault, at_us: 20, ref: "f2", extra: 1 },
    { ...fault, at_us: 30, ref: "f1", extra: 0 },
  ], { size: 2 });
  equal(trace.faults.map(({ id, from_us, to_us }) => [id, from_us, to_us]), [["f1", 10, 30], [
    "f2",
    20,
    null,
  ]]);
});

/**
 * "Happened before" by its definition: steps within a process and from sending to delivery, closed.
 *
 * @param {import("../../static/js/spacetime/trace.js").Trace} trace
 * @param {"node"|"key"} by
 */
function closure(trace, by) {
  const process = (/** @type {number} */ i) =>
    by === "node" ? trace.node.values[i] : `${trace.node.values[i]} ${trace.key.values[i]}`;
  const before = Array.from({ length: trace.count }, () => new Set());
  for (let effect = 0; effect < trace.count; effect += 1) {
    for (let cause = 0; cause < effect; cause += 1) {
      const told = trace.kind.values[effect] === 1 && trace.link.values[effect] === cause;
      if (!told && process(cause) !== process(effect)) continue;
      before[effect].add(cause);
      for (const earlier of before[cause]) before[effect].add(earlier);
    }
  }
  return before;
}

Deno.test("past and future of every event are those of the closure, by node and by node and key", () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const trace = traceOf(randomRun(seed, 90, 2 + seed % 4));
    for (const by of /** @type {("node"|"key")[]} */ (["node", "key"])) {
      const before = closure(trace, by);
      const order = createOrder(trace, by);
      for (let event = 0; event < trace.count; event += 1) {
        const cone = coneOf(trace, order, event);
        const all = [...before.keys()];
        equal(all.filter(cone.isPast), all.filter((i) => before[event].has(i)));
        equal(all.filter(cone.isFuture), all.filter((i) => before[i].has(event)));
        equal([cone.past, cone.future], [before[event].size, all.filter(cone.isFuture).length]);
      }
    }
  }
});

Deno.test("an order takes in what the trace gets later", () => {
  const events = randomRun(5, 60);
  const trace = createTrace();
  trace.append(pieceOf(events.slice(0, 20)));
  const order = createOrder(trace, "node");
  trace.append(pieceOf(events.slice(20), { first: 20 }));
  const late = coneOf(trace, order, trace.count - 1);
  const whole = coneOf(trace, createOrder(trace, "node"), trace.count - 1);
  equal([late.past, late.future], [whole.past, whole.future]);
});

Deno.test("what happened in no node has neither past nor future", () => {
  const trace = traceOf([
    { kind: "applied", at_us: 1, node: "a", key: "k", ref: "u" },
    { kind: "faulted", at_us: 2, node: "", what: "partition", ref: "f", other: "x", extra: 1, targets: [] },
    { kind: "applied", at_us: 3, node: "a", key: "k", ref: "v" },
  ]);
  const cone = coneOf(trace, createOrder(trace, "node"), 1);
  equal([cone.past, cone.future, cone.isPast(0), cone.isFuture(2)], [0, 0, false, false]);
});

/** @param {number} seed @param {number} n */
function things(seed, n) {
  const random = chance(seed);
  let end = 0;
  return Array.from({ length: n }, (_, id) => {
    end += Math.floor(random() * 3_000);
    const took = random() < 0.05 ? Math.floor(random() * 3_000_000) : Math.floor(random() * 80_000);
    return { id, group: Math.floor(random() * 5), end, took };
  });
}

/** @param {ReturnType<typeof things>} all */
function stored(all) {
  const lod = createLod();
  for (const { id, group, end, took } of all) lod.append(id, group, end, took);
  return lod;
}

Deno.test("one by one, nothing that touches the span is missing", () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const all = things(seed, 3_000);
    const lod = stored(all);
    const random = chance(seed);
    for (let i = 0; i < 40; i += 1) {
      const from = Math.floor(random() * 4_000_000);
      const to = from + Math.floor(random() * 200_000);
      const { ids } = lod.inSight(from, to, 1e9, 1);
      const expected = all.filter(({ end, took }) => end >= from && end - took <= to).map(({ id }) => id);
      ok(ids);
      equal(expected.filter((id) => !ids.includes(id)), []);
    }
  }
});

Deno.test("beyond the budget there are never more entries than it, and they count everything", () => {
  const all = things(2, 20_000);
  const lod = stored(all);
  const last = all[all.length - 1].end;
  for (const budget of [50, 300, 2_000]) {
    const { level, entries } = lod.inSight(-1, last, budget, 1);
    ok(level && entries[1] - entries[0] <= budget);
    let count = 0;
    for (let i = entries[0]; i < entries[1]; i += 1) count += level.counts.values[i];
    equal(count, all.length);
  }
  const coarse = lod.inSight(-1, last, 2_000, last / 10).level;
  ok(coarse && coarse.bucket_us >= last / 10);
});

Deno.test("an entry is what one group did in one bucket", () => {
  const all = things(4, 5_000);
  const seen = stored(all).inSight(0, 1e12, 500, 1);
  const level = /** @type {import("../../static/js/spacetime/lod.js").Level} */ (seen.level);
  const entries = /** @type {[number, number]} */ (seen.entries);
  for (let i = entries[0]; i < entries[1]; i += 97) {
    const [start, group] = [level.start.values[i], level.group.values[i]];
    const its = all.filter((one) =>
      one.group === group && one.end >= start && one.end < start + level.bucket_us
    );
    const sum = (/** @type {"end"|"took"} */ of) => its.reduce((total, one) => total + one[of], 0);
    equal(
      [level.counts.values[i], level.ends.values[i] + its.length * start, level.took.values[i]],
      [its.length, sum("end"), sum("took")],
    );
  }
});

Deno.test("a level that was made catches up with what comes later", () => {
  const all = things(6, 4_000);
  const lod = stored(all.slice(0, 2_000));
  lod.inSight(0, 1e12, 100, 1);
  for (const { id, group, end, took } of all.slice(2_000)) lod.append(id, group, end, took);
  const late = lod.inSight(0, 1e12, 100, 1);
  const once = stored(all).inSight(0, 1e12, 100, 1);
  ok(late.level && once.level);
  equal(late.entries, once.entries);
  equal(
    late.level.counts.values.subarray(0, late.entries[1]),
    once.level.counts.values.subarray(0, once.entries[1]),
  );
});

const FRAME = { width: 1_100, height: 500, left: 100, top: 30, bottom: 460 };

Deno.test("time to pixels and back is the same time", () => {
  const span = { from_us: 1_000, to_us: 9_000 };
  equal([xOf(span, FRAME, 1_000), xOf(span, FRAME, 9_000), timeAt(span, FRAME, xOf(span, FRAME, 4_321))], [
    100,
    1_100,
    4_321,
  ]);
});

Deno.test("the lane at the middle of a lane is that lane, and beside the drawing the nearest", () => {
  for (const lane of [0, 3, 6]) equal(laneAt(FRAME, 7, yOf(FRAME, 7, lane)), lane);
  equal([laneAt(FRAME, 7, -50), laneAt(FRAME, 7, 900)], [0, 6]);
});

Deno.test("zooming keeps the instant under the pointer in its place, unless a bound forbids it", () => {
  const span = { from_us: 2e6, to_us: 4e6 };
  const nearer = zoomed(span, 0.5, 2.5e6, 1e7);
  equal(xOf(nearer, FRAME, 2.5e6), xOf(span, FRAME, 2.5e6));
  equal(zoomed(span, 1e9, 3e6, 1e7).to_us - zoomed(span, 1e9, 3e6, 1e7).from_us, 1.1e7);
  equal(Math.round(zoomed(span, 1e-9, 3e6, 1e7).to_us - 3e6), 100);
});

Deno.test("nobody gets lost: the middle of what is seen is always inside the run", () => {
  equal(panned({ from_us: 0, to_us: 2e6 }, 1e9, 1e7), { from_us: 9e6, to_us: 11e6 });
  equal(panned({ from_us: 0, to_us: 2e6 }, -1e9, 1e7), { from_us: -1e6, to_us: 1e6 });
  equal(bounded(whole(1e7), 1e7), whole(1e7));
});

Deno.test("ticks are round, inside the span, and as exact as their distance", () => {
  const found = ticks({ from_us: 2_130_000, to_us: 2_180_000 }, FRAME);
  equal(found.map(({ text }) => text), ["2.13 s", "2.14 s", "2.15 s", "2.16 s", "2.17 s", "2.18 s"]);
  equal(ticks({ from_us: -1e6, to_us: 6e7 }, FRAME).map(({ us }) => us / 1e6), [0, 10, 20, 30, 40, 50, 60]);
  equal([instant(1_234_567, 1), instant(5e6, 1e6), instant(1_500, 500)], ["1.234567 s", "5 s", "0.0015 s"]);
});

Deno.test("what was recorded of an event is told in words and units", () => {
  equal(worded("sent_us", 13_173_208), ["sent", "13.173208 s"]);
  equal(worded("first_seen", { a: 1 }), ["first seen", '{"a":1}']);
});
