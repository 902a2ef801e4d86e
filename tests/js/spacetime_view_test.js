/** What the space-time diagram finds, picks, marks and says: pure parts that a reader's hand meets. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { coneOf, createOrder } from "../../static/js/spacetime/causality.js";
import { CHOICES, parsed, wanted } from "../../static/js/spacetime/filter.js";
import { FUTURE, litScene, PAST } from "../../static/js/spacetime/highlight.js";
import { distance, hit } from "../../static/js/spacetime/hit.js";
import { xOf, yOf } from "../../static/js/spacetime/layout.js";
import { createLifelines } from "../../static/js/spacetime/lifelines.js";
import { marksOf } from "../../static/js/spacetime/marks.js";
import { eventAt, named, selectionOf } from "../../static/js/spacetime/names.js";
import {
  createScene,
  DOUBLED,
  eventOf,
  LOST,
  messageGroup,
  messageOf,
} from "../../static/js/spacetime/scene.js";
import { mostTelling } from "../../static/js/spacetime/pointing.js";
import { lanesOf } from "../../static/js/spacetime/draw.js";
import { traceOf } from "./spacetime_trace.js";

const STORY = [
  { kind: "changed", at_us: 0, node: "a", what: "up", ref: "a.1", extra: 1 },
  { kind: "invoked", at_us: 10, node: "a", key: "cart-1", what: "add", ref: "o1", other: "b", extra: "ana" },
  { kind: "sent", at_us: 10, node: "a", key: "cart-1", what: "UpdateKey", ref: "m1", other: "ask" },
  {
    kind: "delivered",
    at_us: 4_010,
    node: "b",
    key: "cart-1",
    what: "UpdateKey",
    ref: "m1",
    other: "a",
    took_us: 4_000,
  },
  { kind: "applied", at_us: 4_010, node: "b", key: "cart-1", ref: "cart-1@b.1", extra: 1 },
  { kind: "sent", at_us: 4_010, node: "b", key: "cart-1", what: "KeyUpdated", ref: "m2", other: "answers" },
  {
    kind: "delivered",
    at_us: 6_010,
    node: "a",
    key: "cart-1",
    what: "KeyUpdated",
    ref: "m2",
    other: "b",
    took_us: 2_000,
    extra: 1,
  },
  {
    kind: "dropped",
    at_us: 7_010,
    node: "c",
    key: "cart-2",
    what: "State",
    ref: "m3",
    other: "b",
    took_us: 1_000,
    extra: "loss",
  },
  {
    kind: "completed",
    at_us: 9_010,
    node: "a",
    key: "cart-1",
    what: "add",
    ref: "o1",
    other: "ok",
    extra: "ana",
  },
  { kind: "effected", at_us: 9_500, node: "c", key: "cart-2", what: "email" },
];
const trace = traceOf(STORY, { nodes: ["a", "b", "c"] });
const all = [...STORY.keys()];
const FRAME = { width: 1_100, height: 400, left: 100, top: 20, bottom: 380 };
const SPAN = { from_us: 0, to_us: 10_000 };

Deno.test("every kind of event is named with what a reader asks first", () => {
  equal(all.map((event) => named(trace, event)), [
    "a.1 is up",
    "ana began add of cart-1",
    "a sent UpdateKey about cart-1",
    "UpdateKey about cart-1: a to b in 4.0 ms",
    "b applied cart-1@b.1 to cart-1",
    "b sent KeyUpdated about cart-1",
    "KeyUpdated about cart-1: b to a in 2.0 ms, copy 1",
    "State about cart-2, from b to c, was lost (loss)",
    "ana ended add of cart-1: ok",
    "c caused email about cart-2",
  ]);
});

Deno.test("a click selects a message, an update, or the key; and the selection leads back to the event", () => {
  equal(selectionOf(trace, 3), { kind: "message", id: "m1", at_us: 4_010, ids: ["cart-1"] });
  equal(selectionOf(trace, 4), { kind: "update", id: "cart-1@b.1", at_us: 4_010, ids: ["cart-1"] });
  equal(selectionOf(trace, 9), { kind: "key", id: "cart-2", at_us: 9_500 });
  equal(selectionOf(trace, 0), { kind: "node", id: "a", at_us: 0 });
  for (const event of [2, 3, 4, 5, 6, 7]) equal(eventAt(trace, selectionOf(trace, event)), event);
  equal(eventAt(trace, { kind: "message", id: "m1" }), 2);
  equal(eventAt(trace, { kind: "update", id: "nobody's" }), -1);
});

Deno.test("words are joined by and, look everywhere or where they are told to, and small letters do", () => {
  const found = (/** @type {string} */ text, choice = "all") => {
    const test = wanted(trace, text, choice);
    return test ? all.filter(test) : null;
  };
  equal(parsed("Key:cart-2  lost a:b node:"), [
    { place: "key", word: "cart-2" },
    { place: "", word: "lost" },
    { place: "", word: "a:b" },
  ]);
  equal(found(""), null);
  equal(found("key:CART-2"), [7, 9]);
  equal(found("node:b state"), [7]);
  equal(found("updatekey node:a"), [2, 3]);
  equal(found("id:m2"), [5, 6]);
  equal(found("", "updates"), [4]);
  equal(found("", "trouble"), [6, 7]);
  equal(found("cart-1", "operations"), [1, 8]);
  ok(Object.keys(CHOICES).every((choice) => choice === "all" || wanted(trace, "", choice)));
});

Deno.test("groups of messages and events mean what they were made of", () => {
  equal(messageOf(messageGroup(trace, 7, 5)), { tone: 5, fate: LOST, source: 1, target: 2 });
  equal(messageOf(messageGroup(trace, 6, 31)), { tone: 31, fate: DOUBLED, source: 1, target: 0 });
  const { level, entries } = createScene(trace, () => true, () => 3).events.inSight(0, 1e6, 0, 1e6);
  ok(level && entries);
  const groups = Array.from(
    { length: entries[1] - entries[0] },
    (_, i) => eventOf(level.group.values[entries[0] + i]),
  );
  equal(
    new Set(groups.map(({ lane, kind }) => `${lane} ${kind}`)),
    new Set(["0 7", "0 4", "1 3", "0 5", "2 6"]),
  );
  equal(new Set(groups.map(({ tone }) => tone)), new Set([3]));
});

Deno.test("the pointer finds the event on its lane before the line that ends there, and a lost message where it ends", () => {
  const scene = createScene(trace, () => true, () => 0);
  const at = (/** @type {number} */ us, /** @type {number} */ y) =>
    hit(trace, scene, { span: SPAN, frame: FRAME }, xOf(SPAN, FRAME, us), y);
  equal(at(4_010, yOf(FRAME, 3, 1)).event, 4);
  equal(at(2_010, (yOf(FRAME, 3, 0) + yOf(FRAME, 3, 1)) / 2).event, 3);
  const [y1, y2] = [yOf(FRAME, 3, 1), yOf(FRAME, 3, 2)];
  equal(at(6_010 + 500, (y1 + y2) / 2).event, 7);
  equal(at(7_010, y2).event, -1);
  equal(at(8_000, y1).event, -1);
  equal(distance(0, 3, [-5, 0, 5, 0]), 3);
  equal(distance(9, 3, [-5, 0, 5, 0]), 5);
});

Deno.test("lit are the selected event with its past and future, or all that belongs to a key or a node", () => {
  const cone = coneOf(trace, createOrder(trace, "node"), 4);
  const toneOf = () => 7;
  const lit = litScene(trace, { cone, selection: null, filter: null, toneOf });
  const events = (/** @type {import("../../static/js/spacetime/scene.js").Scene|null} */ scene) =>
    scene &&
    [...scene.messages.inSight(0, 1e6, 99, 1).ids ?? [], ...scene.events.inSight(0, 1e6, 99, 1).ids ?? []]
      .sort((a, b) => a - b);
  equal(events(lit), [0, 1, 3, 4, 6, 8]);
  equal([lit?.toneOf(3), lit?.toneOf(6)], [PAST, FUTURE]);
  const of = (/** @type {import("../../static/js/types.js").Selection} */ selection) =>
    events(litScene(trace, { cone: null, selection, filter: null, toneOf }));
  equal(of({ kind: "key", id: "cart-2" }), [7, 9]);
  equal(of({ kind: "node", id: "b" }), [3, 4, 6, 7]);
  equal(of({ kind: "window", id: "value 0 cart-2", ids: ["cart-2"] }), [7, 9]);
  equal(of({ kind: "key", id: "nothing" }), null);
});

Deno.test("lifelines count the instances that are up; what was fenced stays", () => {
  const change = (/** @type {number} */ at_us, /** @type {string} */ ref, /** @type {string} */ what) => ({
    kind: "changed",
    at_us,
    node: "a",
    what,
    ref,
    extra: 1,
  });
  const lives = createLifelines(traceOf([
    change(0, "a.1", "up"),
    change(5, "a.2", "up"),
    change(8, "a.1", "fenced"),
    change(9, "a.1", "lost"),
    change(12, "a.2", "down"),
  ]));
  lives.extend();
  lives.extend();
  equal(lives.lines[0], [
    { from_us: 0, to_us: 5, instances: 1 },
    { from_us: 5, to_us: 9, instances: 2 },
    { from_us: 9, to_us: 12, instances: 1 },
    { from_us: 12, to_us: null, instances: 0 },
  ]);
});

Deno.test("a fault shades the lanes between the ends of its links, joined where they touch, and all if it names none", () => {
  const of = (/** @type {string[]} */ targets) =>
    lanesOf(trace, { id: "f", what: "x", label: "", targets, from_us: 0, to_us: null });
  equal(of(["c"]), [{ from: 2, to: 2 }]);
  equal(of(["b>a", "b>c"]), [{ from: 0, to: 2 }]);
  equal(of(["c", "a"]), [{ from: 0, to: 0 }, { from: 2, to: 2 }]);
  equal(of(["nobody"]), [{ from: 0, to: 2 }]);
});

Deno.test("each event of a conflict is marked once, by the worst of it, and only if it is in the trace", () => {
  const marks = { concurrent: [4, 6], merge: [6, 99], gone: [4] };
  equal(marksOf(trace, marks), [{ event: 4, mark: "gone" }, { event: 6, mark: "merge" }]);
  equal(marksOf(trace, null), []);
});

Deno.test("of the observations of a witness an update is pointed at before a message, a message before a key", () => {
  const read = { kind: "invoked", at_us: 5, node: "client", key: "k" };
  const sent = { kind: "sent", at_us: 6, node: "a", key: "k", message: "m1" };
  const done = { kind: "completed", at_us: 7, node: "client", key: "k", value: { update: "k@a.1" } };
  equal(mostTelling([]), null);
  equal(mostTelling([read]), { kind: "key", id: "k", at_us: 5 });
  equal(mostTelling([read, sent]), { kind: "message", id: "m1", at_us: 6, ids: ["k"] });
  equal(mostTelling([read, sent, done]), { kind: "update", id: "k@a.1", ids: ["k"] });
  equal(mostTelling([{ kind: "changed", at_us: 1, node: "a" }]), { kind: "node", id: "a", at_us: 1 });
});
