/** The reducer: snapshots, deltas, gaps, bounds, and the promise that deltas on a snapshot give the next snapshot. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { createStore } from "../../static/js/shown.js";
import { EMPTY, KEYS_MAX, reduce, SENTENCES_MAX, WINDOWS_MAX } from "../../static/js/store.js";
import { createSampleServer } from "./sample_frames.js";

const server = () => createSampleServer({ seed: 7, orders_per_s: 6 });

/** What a state says of the run, without what is the page's own. @param {import("../../static/js/types.js").State} state */
function picture(
  { messages: _m, messages_skipped: _s, caught_up: _c, needs_snapshot: _n, refusal: _r, ...rest },
) {
  return { ...rest, keys: new Map([...rest.keys].sort()) };
}

Deno.test("folding every delta onto a snapshot gives the next snapshot", () => {
  const source = server();
  let state = reduce(EMPTY, source.snapshot("joined"));
  for (let frame = 0; frame < 900; frame += 1) {
    state = reduce(state, source.advance(50_000));
    if (frame % 150 === 0) equal(picture(state), picture(reduce(EMPTY, source.snapshot("joined"))));
  }
  ok(state.keys_dropped > 0 && state.keys.size === KEYS_MAX, "the run was long enough to fill the bounds");
  equal(picture(state), picture(reduce(EMPTY, source.snapshot("joined"))));
});

Deno.test("the run and the instances are replaced where a delta has them, and kept where it has not", () => {
  const source = server();
  let state = reduce(EMPTY, source.snapshot("joined"));
  const instances = source.instances().map((instance) => ({ ...instance, state: "dead" }));
  state = reduce(state, source.advance(50_000, { run: { state: "draining", reason: "why" }, instances }));
  state = reduce(state, source.advance(50_000));
  equal([state.run?.state, state.run?.reason], ["draining", "why"]);
  equal(state.instances, instances);
  equal(picture(state), picture(reduce(EMPTY, source.snapshot("joined"))));
});

Deno.test("a state is never changed in place", () => {
  const source = server();
  const before = reduce(EMPTY, source.snapshot("joined"));
  const copy = structuredClone(before);
  for (let frame = 0; frame < 60; frame += 1) reduce(before, source.advance(50_000));
  equal(before, copy);
});

Deno.test("a frame that is not the next one asks for a snapshot and changes nothing else", () => {
  const source = server();
  const state = reduce(EMPTY, source.snapshot("joined"));
  source.advance(50_000);
  const gap = reduce(state, source.advance(50_000));
  equal(gap, { ...state, needs_snapshot: true });
  equal(reduce(gap, source.advance(50_000)), gap);
});

Deno.test("the snapshot after a gap says how many frames were skipped, although the page asked as if it had just joined", () => {
  const source = server();
  let state = reduce(EMPTY, source.snapshot("joined"));
  for (let frame = 0; frame < 3; frame += 1) source.advance(50_000);
  state = reduce(state, source.advance(50_000));
  state = reduce(state, source.snapshot("joined"));
  equal(state.needs_snapshot, false);
  equal(state.caught_up, { reason: "gap", frames_skipped: 4, at_us: state.at_us });
});

Deno.test("a delta of another server process asks for a snapshot; one seen before is ignored", () => {
  const source = server();
  const state = reduce(EMPTY, source.snapshot("joined"));
  const delta = source.advance(50_000);
  equal(reduce(state, { ...delta, boot: "boot-2" }).needs_snapshot, true);
  const next = reduce(state, delta);
  equal(reduce(next, delta), next);
});

Deno.test("a snapshot of another process says that the server was restarted", () => {
  const old = reduce(EMPTY, server().snapshot("joined"));
  const state = reduce(old, createSampleServer({ boot: "boot-2" }).snapshot("joined"));
  equal(state.caught_up, { reason: "restarted", frames_skipped: null, at_us: state.at_us });
  equal(reduce(EMPTY, server().snapshot("joined")).caught_up?.reason, "joined");
});

/** @param {Partial<import("../../static/js/types.js").Delta>} more @param {import("../../static/js/types.js").State} state */
function deltaAfter(state, more) {
  const { boot, seq, cursor, at_us } = state;
  const totals = /** @type {import("../../static/js/types.js").Totals} */ (state.totals);
  return /** @type {import("../../static/js/types.js").Delta} */ ({
    kind: "delta",
    boot,
    seq: seq + 1,
    cursor,
    at_us,
    totals,
    ...more,
  });
}

/** @param {string} key @param {number} from_us @param {number|null} to_us @param {"value"|"updates"} [view] */
function windowOf(key, from_us, to_us, view = "value") {
  return { key, view, from_us, to_us, replicas: ["view-2"] };
}

Deno.test("a closed window replaces the open one of the same key, view and beginning, in its place", () => {
  const start = reduce(EMPTY, server().snapshot("joined"));
  const opened = [windowOf("a", 1, null), windowOf("a", 1, null, "updates"), windowOf("b", 2, null)];
  const open = reduce(start, deltaAfter(start, { opened }));
  const closed = reduce(open, deltaAfter(open, { closed: [windowOf("a", 1, 5)] }));
  equal(closed.windows, [windowOf("a", 1, 5), windowOf("a", 1, null, "updates"), windowOf("b", 2, null)]);
});

Deno.test("a window that opened and closed within one frame is there once", () => {
  const start = reduce(EMPTY, server().snapshot("joined"));
  const both = deltaAfter(start, { opened: [windowOf("a", 1, null)], closed: [windowOf("a", 1, 5)] });
  equal(reduce(start, both).windows, [windowOf("a", 1, 5)]);
});

Deno.test("over the bound, the oldest closed windows go first and are counted", () => {
  const start = reduce(EMPTY, server().snapshot("joined"));
  const opened = [windowOf("open", 0, null)];
  const closed = Array.from({ length: WINDOWS_MAX + 4 }, (_, i) => windowOf(`k${i}`, i + 1, i + 2));
  const state = reduce(start, deltaAfter(start, { opened, closed }));
  equal(state.windows.length, WINDOWS_MAX);
  equal(state.windows_dropped, 5);
  equal(state.windows[0].key, "open");
  equal(state.windows[1].key, "k5");
});

Deno.test("sentences are bounded, and a refusal is kept", () => {
  const start = reduce(EMPTY, server().snapshot("joined"));
  const sentences = Array.from(
    { length: SENTENCES_MAX + 3 },
    (_, i) => ({ at_us: i, tone: "plain", text: `${i}`, key: "", mark: "" }),
  );
  equal(reduce(start, deltaAfter(start, { sentences })).sentences[0].text, "3");
  const refusal = /** @type {const} */ ({ kind: "refusal", text: "No such run.", remedy: "Choose another." });
  equal(reduce(start, refusal).refusal, refusal);
});

Deno.test("listeners hear of changes only", () => {
  const source = server();
  const store = createStore();
  let heard = 0;
  const stop = store.subscribe(() => heard += 1);
  const snapshot = source.snapshot("joined");
  store.dispatch(snapshot);
  const delta = source.advance(50_000);
  store.dispatch(delta);
  store.dispatch(delta);
  stop();
  store.dispatch(source.advance(50_000));
  equal(heard, 2);
});

Deno.test("when a run is told to have ended, seconds that were guessed after its end are none", () => {
  const source = server();
  let state = reduce(EMPTY, source.snapshot("joined"));
  for (let frame = 0; frame < 70; frame += 1) state = reduce(state, source.advance(50_000));
  const run = state.run;
  ok(run && state.seconds.at(-1)?.second === 3);
  const ended_us = run.started_us + 2_500_000;
  state = reduce(state, source.advance(50_000, { run: { state: "finished", ended_us } }));
  equal(state.seconds.map(({ second }) => second), [0, 1, 2]);
});
