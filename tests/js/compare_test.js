/** Runs side by side: rows for all, what is unlike the first, the price of each; and the strip of a whole run. */

import { deepStrictEqual as equal } from "node:assert";
import { differences, keysOfAll, withRowsFor } from "../../static/js/figures/compare.js";
import { prices } from "../../static/js/figures/price.js";
import { marked, ofWindow } from "../../static/js/figures/selection.js";
import { stripFigure } from "../../static/js/figures/time_bar.js";
import { actionOf, KEYS } from "../../static/js/keys.js";
import { EMPTY } from "../../static/js/store.js";
import { texts } from "../../static/js/texts.js";

/**
 * A state in which replicas show these values.
 * @param {Record<string, Record<string, unknown>>} shown by key and replica
 * @param {string[]} [replicas]
 * @returns {import("../../static/js/types.js").State}
 */
function state(shown, replicas = ["eu", "us"]) {
  const keys = Object.entries(shown).map(([key, values]) => ({
    key,
    born_us: 0,
    values: Object.fromEntries(
      Object.entries(values).map(([replica, value]) => [replica, { value, updates: 1, at_us: 0 }]),
    ),
    diverged: false,
    diverged_updates: false,
  }));
  return { ...EMPTY, replicas, keys: new Map(keys.map((key) => [key.key, key])) };
}

Deno.test("a cell is unlike the first run's if the same replica shows something else there, absent included", () => {
  const first = state({ a: { eu: 1, us: 1 }, b: { eu: 2 } });
  const other = state({ a: { eu: 1, us: 3 }, c: { eu: 4 } });
  equal([...differences(first, other, ["a", "b", "c"])], ["a us", "b eu", "c eu"]);
  equal([...differences(first, first, ["a", "b"])], []);
});

Deno.test("a replica that the first run does not have is compared with all that it has", () => {
  const first = state({ a: { eu: 1, us: 2 } });
  const other = state({ a: { view: 2, cache: 3 } }, ["view", "cache"]);
  equal([...differences(first, other, ["a"])], ["a cache"]);
});

Deno.test("every key of any run has a row in each", () => {
  const [first, other] = [state({ a: { eu: 1 } }), state({ b: { eu: 1 } })];
  equal([...keysOfAll([first, other]).keys()], ["a", "b"]);
  equal([...withRowsFor(first, ["b", "a"]).keys.keys()], ["a", "b"]);
  equal(withRowsFor(first, ["a"]), first);
});

/**
 * What the server tells of a run.
 * @param {Record<string, number>} values by id
 * @returns {import("../../static/js/figures/price.js").Told[]}
 */
function told(values) {
  return Object.entries(values).map(([id, value]) => ({
    id,
    title: `The ${id}`,
    unit: id === "available" ? "share" : "count",
    better: id === "available" ? "higher" : "lower",
    source: "a checker",
    value,
    of: id === "lost" ? 100 : null,
  }));
}

Deno.test("the best of each row is marked, nothing where runs are alike or the difference is small", () => {
  const rows = Object.fromEntries(
    prices([
      told({ lost: 48, write_p50: 100, available: 1 }),
      told({ lost: 0, write_p50: 103, available: 0.9 }),
      null,
    ]).map((row) => [row.id, row]),
  );
  equal([rows.lost.title, rows.lost.values, rows.lost.best, rows.lost.of], [
    "The lost",
    [48, 0, null],
    [false, true, false],
    [100, 100, null],
  ]);
  equal(rows.write_p50.best, [false, false, false]);
  equal(rows.available.best, [true, false, false]);
});

Deno.test("a figure that only one run has is a row all the same, and best of nothing", () => {
  equal(prices([told({ lost: 1 }), told({ lost: 1, own: 2 })]).map(({ id, best }) => [id, best]), [
    ["lost", [false, false]],
    ["own", [false, false]],
  ]);
  equal(prices([null]), []);
});

Deno.test("the strip of a run has a step for each change and a band for each fault", () => {
  const window = /** @type {import("../../static/js/types.js").WindowView} */ ({
    key: "a",
    view: "value",
    from_us: 2e6,
    to_us: 6e6,
    replicas: [],
  });
  const fault = { id: "f", what: "pause", targets: [], label: "", mark: "", from_us: 5e6, to_us: null };
  const figure = stripFigure({ ...EMPTY, windows: [window], faults: [fault] }, 0, 10e6);
  equal(figure.diverged, "M0 100H0V100H200V0H600V100H1000V100H1000V100Z");
  equal([figure.faults, figure.unknown], [[{ x: 500, width: 500 }], 0]);
  equal(stripFigure(EMPTY, 0, 10e6).diverged, "");
});

Deno.test("once windows were dropped the strip is told by the seconds", () => {
  const second = { second: 4, diverged_keys: 3 };
  const figure = stripFigure(
    { ...EMPTY, windows_dropped: 1, seconds: [/** @type {any} */ (second)] },
    0,
    10e6,
  );
  equal([figure.most, figure.unknown], [3, 0.4]);
});

Deno.test("before its seconds the strip is told by the course of the whole run: nothing is unknown", () => {
  const second = { second: 4, diverged_keys: 3 };
  const course = { each_s: 2, diverged: [1, 5, 9] };
  const figure = stripFigure(
    { ...EMPTY, windows_dropped: 1, seconds: [/** @type {any} */ (second)], course },
    0,
    10e6,
  );
  equal([figure.most, figure.unknown], [5, 0]);
  equal(figure.diverged, "M0 100H0V100H0V80H200V0H400V40H1000V40H1000V100Z");
});

Deno.test("a selected key marks the replicas that differ on it now, a window those that differed in it", () => {
  const shown = state({ a: { eu: 1, us: 2 } });
  const key = /** @type {import("../../static/js/types.js").KeyView} */ (shown.keys.get("a"));
  key.diverged = true;
  key.values.us.updates = 5;
  /** @type {import("../../static/js/types.js").WindowView} */
  const window = { key: "a", view: "value", from_us: 1, to_us: 2, replicas: ["us"] };
  const looked = { ...shown, windows: [window] };
  equal(marked({ ...looked, selection: { kind: "key", id: "a" } }), {
    keys: new Set(["a"]),
    nodes: new Set(["eu"]),
    window: "",
  });
  equal(marked({ ...looked, selection: ofWindow(window) }), {
    keys: new Set(["a"]),
    nodes: new Set(["us"]),
    window: "value 1 a",
  });
  const message = /** @type {const} */ ({ kind: "message", id: "m-1", ids: ["a"] });
  equal(marked({ ...looked, selection: { ...message, ids: ["a"] } }).keys, new Set(["a"]));
  equal(marked({ ...looked, selection: { kind: "message", id: "m-1" } }).keys.size, 0);
  equal(marked({ ...looked, selection: { kind: "node", id: "eu" } }).nodes, new Set(["eu"]));
  equal(marked({ ...looked, selection: null }).keys.size, 0);
});

Deno.test("every key has its words on the sheet, and no key does two things", () => {
  const told = texts.keys.groups.flatMap(({ actions }) => actions);
  equal(new Set(told), new Set(KEYS.map(({ action }) => action)));
  equal(told.filter((action) => !texts.keys.actions[action]), []);
  const pressed = KEYS.flatMap(({ keys, shift }) => keys.map((key) => `${shift} ${key}`));
  equal(new Set(pressed).size, pressed.length);
});

Deno.test("a key does nothing of ours in a field, with a modifier, or where it has a work of its own", () => {
  const plain = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };
  const within = (/** @type {string} */ selector) => ({
    closest: (/** @type {string} */ asked) => asked.includes(selector),
  });
  equal(actionOf({ ...plain, key: " " }, null), "toggle");
  equal(actionOf({ ...plain, key: " " }, within("button")), "");
  equal(actionOf({ ...plain, key: "," }, within("button")), "eventBefore");
  equal(actionOf({ ...plain, key: "," }, within("select")), "");
  equal(actionOf({ ...plain, key: "ArrowLeft", shiftKey: true }, null), "backFar");
  equal(actionOf({ ...plain, key: "?", shiftKey: true }, null), "help");
  equal(actionOf({ ...plain, key: "l", ctrlKey: true }, null), "");
  equal(actionOf({ ...plain, key: "x" }, null), "");
});
