/** The replica matrix: which keys have a row, and what each cell and head says. */

import { deepStrictEqual as equal } from "node:assert";
import { keyList } from "../../static/js/figures/key_list.js";
import { assignSlots, HOLD_US, matrixModel, withSelected } from "../../static/js/figures/matrix.js";
import { canonical, describe, newestOf, otherTones } from "../../static/js/values.js";

/** @param {unknown} value @param {number} updates @param {number} [at_us] */
const shown = (value, updates, at_us = 0) => ({ value, updates, at_us });
const placed = { status: "placed", net_cents: 1_000 };
const taxed = { status: "taxed", net_cents: 1_000, total_cents: 1_190 };

/** @param {string} key @param {number} born_us @param {boolean} [diverged] @param {Record<string, any>} [values] */
const keyOf = (key, born_us, diverged = false, values = {}) => ({
  key,
  born_us,
  values,
  diverged,
  diverged_updates: false,
});
/** @param {ReturnType<typeof keyOf>[]} keys */
const mapOf = (...keys) => new Map(keys.map((key) => [key.key, key]));

Deno.test("at first the youngest keys have a row, divergent ones before all", () => {
  const keys = mapOf(keyOf("a", 1), keyOf("b", 2), keyOf("c", 3), keyOf("d", 0, true));
  equal(assignSlots([], keys, 0, 3).map((slot) => slot.key), ["d", "c", "b"]);
});

Deno.test("a row keeps its place; a new key takes the place shown longest, not before its time", () => {
  const slots = [{ key: "a", since_us: 0 }, { key: "b", since_us: 10 }];
  const keys = mapOf(keyOf("a", 1), keyOf("b", 2), keyOf("c", 3));
  equal(assignSlots(slots, keys, HOLD_US - 1, 2), slots);
  equal(assignSlots(slots, keys, HOLD_US, 2).map((slot) => slot.key), ["c", "b"]);
});

Deno.test("a divergent row does not go; an older key does not return, unless it diverges", () => {
  const slots = [{ key: "b", since_us: 0 }, { key: "c", since_us: 0 }];
  const late = 2 * HOLD_US;
  equal(
    assignSlots(slots, mapOf(keyOf("b", 2, true), keyOf("c", 3), keyOf("d", 4)), late, 2).map((s) => s.key),
    ["b", "d"],
  );
  equal(assignSlots(slots, mapOf(keyOf("b", 2), keyOf("c", 3), keyOf("a", 1)), late, 2), slots);
  equal(
    assignSlots(slots, mapOf(keyOf("b", 2), keyOf("c", 3), keyOf("a", 1, true)), late, 2).map((s) => s.key),
    ["a", "c"],
  );
});

Deno.test("a key that the server forgot gives its row away", () => {
  equal(assignSlots([{ key: "gone", since_us: 0 }], mapOf(keyOf("a", 1)), 5, 1), [{ key: "a", since_us: 5 }]);
});

Deno.test("cells are compared with the newest value, and heads add up what each replica lacks", () => {
  const key = keyOf("s1-1", 0, true, { order: shown(taxed, 3, 50), "view-1": shown(placed, 1, 20) });
  const windows = [{
    key: "s1-1",
    view: /** @type {const} */ ("value"),
    from_us: 10_000,
    to_us: null,
    replicas: ["view-1"],
  }];
  const state = { keys: mapOf(key), keys_dropped: 2, windows, replicas: ["order", "view-1", "view-2"] };
  const model = matrixModel(state, [{ key: "s1-1", since_us: 0 }], 2_000_000);
  equal(model.columns, [
    { replica: "order", behind: 0, differs: 0, lag_ms: 0, keys: 1 },
    { replica: "view-1", behind: 2, differs: 1, lag_ms: 1_990, keys: 1 },
    { replica: "view-2", behind: 3, differs: 1, lag_ms: 1_990, keys: 0 },
  ]);
  equal(model.rows, [{
    key: "s1-1",
    diverged: true,
    is_new: false,
    cells: [
      {
        replica: "order",
        tone: "taxed",
        label: "taxed",
        detail: "11.90",
        updates: 3,
        behind: 0,
        differs: false,
        unlike: "",
      },
      {
        replica: "view-1",
        tone: "placed",
        label: "placed",
        detail: "10.00 net",
        updates: 1,
        behind: 2,
        differs: true,
        unlike: "",
      },
      {
        replica: "view-2",
        tone: "absent",
        label: "absent",
        detail: "",
        updates: 0,
        behind: 3,
        differs: true,
        unlike: "",
      },
    ],
  }]);
  equal([model.hidden, model.diverged], [2, 1]);
});

Deno.test("where two values have the same words, it is said in which fields they are unlike", () => {
  const order = (/** @type {number} */ cents) => ({ status: "mailed", net_cents: 1000, total_cents: cents });
  const key = keyOf("k", 0, true, { a: shown(order(1190), 5, 9), b: shown(order(1191), 4, 5) });
  const keys = new Map([["k", key]]);
  const model = matrixModel(
    { keys, keys_dropped: 0, windows: [], replicas: ["a", "b"] },
    [{ key: "k", since_us: 0 }],
    20,
  );
  equal(model.rows[0].cells.map(({ label, unlike }) => [label, unlike]), [["mailed", ""], [
    "mailed",
    "total",
  ]]);
});

Deno.test("the newest value has the most updates; of equals, it was there first", () => {
  const key = keyOf("k", 0, true, { a: shown("x", 2, 9), b: shown("y", 2, 5), c: shown("z", 1, 99) });
  equal(newestOf(key)?.value, "y");
  equal(newestOf(keyOf("k", 0)), null);
});

Deno.test("values are the same whatever the order of their fields, and any value has words and a tone", () => {
  equal(canonical({ b: [1, { d: null, c: 2 }], a: "x" }), '{"a":"x","b":[1,{"c":2,"d":null}]}');
  equal(canonical(undefined), "null");
  equal(describe(["tea", 3]).label, "{tea, 3}");
  equal(describe(0).label, "0");
  equal(describe(null), { tone: "absent", label: "absent", detail: "" });
  equal(describe({ a: 1, b: 2 }).tone, describe({ b: 2, a: 1 }).tone);
});

Deno.test("in one row another value has another tone, whatever their hashes, and the same value the same", () => {
  const values = ["milk", ["milk"], ["milk", "tea"], 1, 2, null, "milk"];
  const tones = otherTones(values);
  equal(tones.size, 5);
  equal(new Set(tones.values()).size, 5);
  equal(tones.get('"milk"'), otherTones(["milk"]).get('"milk"'));
});

Deno.test("a long list is told by its length and by what it lacks; a short one is spelled out", () => {
  const list = ["a", "b", "c", "d", "e"];
  const key = {
    key: "cart-1",
    born_us: 0,
    diverged: true,
    diverged_updates: true,
    values: {
      eu: { value: list, updates: 5, at_us: 2 },
      us: { value: list.slice(0, 3), updates: 3, at_us: 1 },
    },
  };
  const state = {
    keys: new Map([["cart-1", key]]),
    keys_dropped: 0,
    windows: [],
    replicas: ["eu", "us", "ap"],
  };
  const { rows: [row] } = matrixModel(state, [{ key: "cart-1", since_us: 0 }], 3);
  equal(row.cells.map((cell) => [cell.label, cell.detail, cell.full]), [
    ["5 items", "", "{a, b, c, d, e}"],
    ["{a, b, c}", "without d, e", "{a, b, c}"],
    ["absent", "", undefined],
  ]);
});

Deno.test("the key that is selected has a row: in place of the one shown longest that does not differ", () => {
  const keys = new Map(["a", "b", "c"].map((key, n) => [key, keyOf(key, n, key === "a")]));
  const slots = [{ key: "a", since_us: 0 }, { key: "b", since_us: 5 }];
  const selection = /** @type {const} */ ({ kind: "key", id: "c" });
  equal(withSelected(slots, { keys, selection }, 9), [{ key: "a", since_us: 0 }, { key: "c", since_us: 9 }]);
  equal(withSelected(slots, { keys, selection: { kind: "key", id: "gone" } }, 9), slots);
  equal(withSelected(slots, { keys, selection: null }, 9), slots);
});

Deno.test("in the list of all keys those that differ come first, and words find names and what is shown", () => {
  const keys = new Map([
    ["s1-1", keyOf("s1-1", 1, false, { "view-1": shown(placed, 1) })],
    ["s2-1", keyOf("s2-1", 2, true, { "view-1": shown(taxed, 2) })],
    ["s2-2", keyOf("s2-2", 3, false, { "view-1": shown(taxed, 2) })],
  ]);
  const names = (/** @type {string} */ words) => keyList({ keys }, words).map(({ key }) => key);
  equal(names(""), ["s2-1", "s2-2", "s1-1"]);
  equal(names("S2"), ["s2-1", "s2-2"]);
  equal(names("placed"), ["s1-1"]);
  equal(names("s2 differs"), ["s2-1"]);
  equal(names("nothing"), []);
});
