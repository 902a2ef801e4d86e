/** What is shown: the present or the past, one selection and one cursor for both. */

import { deepStrictEqual as equal } from "node:assert";
import { createStore } from "../../static/js/shown.js";
import { createSampleServer } from "./sample_frames.js";

const server = () => createSampleServer({ seed: 7, orders_per_s: 6 });

Deno.test("what is selected and when is looked at stays through frames, and the same again changes nothing", () => {
  const source = server();
  const store = createStore();
  store.dispatch(source.snapshot("joined"));
  let told = 0;
  store.subscribe(() => told += 1);
  store.select({ kind: "key", id: "s1-1" });
  store.seek(2_000_000);
  store.select({ kind: "key", id: "s1-1" });
  store.seek(2_000_000);
  equal(told, 2);
  store.dispatch(source.advance(50_000));
  store.dispatch(source.snapshot("gap"));
  equal([store.get().selection, store.get().cursor_us], [{ kind: "key", id: "s1-1" }, 2_000_000]);
  store.select(null);
  store.seek(null);
  equal([store.get().selection, store.get().cursor_us], [null, null]);
});

Deno.test("the past is shown while it is looked at, the present goes on meanwhile and is there again at once", () => {
  const source = server();
  const earlier = server();
  const store = createStore();
  store.dispatch(source.snapshot("joined"));
  for (let frame = 0; frame < 200; frame += 1) store.dispatch(source.advance(50_000));
  const present = store.get();

  store.seek(1_000_000);
  equal(store.get(), { ...present, cursor_us: 1_000_000 });
  earlier.advance(1_000_000);
  store.travel({ ...earlier.snapshot("past"), boot: "past" });
  equal([store.get().at_us, store.get().boot], [earlier.snapshot("past").at_us, "past"]);

  let told = 0;
  store.subscribe(() => told += 1);
  store.dispatch(source.advance(50_000));
  equal([told, store.live().seq, store.get().boot], [0, present.seq + 1, "past"]);
  const delta = earlier.advance(50_000);
  store.travel({ ...delta, boot: "past" });
  equal([told, store.get().at_us], [1, delta.at_us]);

  store.seek(null);
  equal(store.get(), store.live());
  store.travel({ ...earlier.snapshot("past"), boot: "past" });
  equal(store.get(), store.live());
});
