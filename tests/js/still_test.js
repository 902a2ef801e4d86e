/** What is under way where time stands, and where its labels have room. */

import { deepStrictEqual as equal } from "node:assert";
import { placeLabels } from "../../static/js/figures/labels.js";
import { STILL_MAX, underWay } from "../../static/js/figures/still.js";
import { DELIVERED, DROPPED, SENT } from "../../static/js/spacetime/trace.js";

/** Deliveries of m0, m1, … from "a" to "b": when, and how long each took. @param {[number, number, number][]} rows */
function pieceOf(rows) {
  const at_us = rows.map(([at], index) => at - (index ? rows[index - 1][0] : 0));
  return {
    names: ["a", "b", "OrderPlaced", "m"],
    count: rows.length,
    at_us,
    kind: rows.map(([, , kind]) => kind),
    took_us: rows.map(([, took]) => took),
    node: rows.map(() => 1),
    other: rows.map(() => 0),
    what: rows.map(() => 2),
    ref: rows.map(() => 3),
  };
}

Deno.test("a message that was sent before and arrives after the instant is as far as it had come by then", () => {
  const { dots } = underWay(
    pieceOf([[1_100, 400, DELIVERED], [1_200, 100, DELIVERED], [1_300, 0, SENT]]),
    1_000,
  );
  equal(dots, [{ id: "m b 0", type: "OrderPlaced", edge: "a b", t: 0.75, latency_ms: 0.4 }]);
});

Deno.test("one that arrives at the instant has arrived, one that is sent at it is on its way", () => {
  equal(underWay(pieceOf([[1_000, 400, DELIVERED], [1_400, 400, DELIVERED]]), 1_000).dots.map(({ t }) => t), [
    0,
  ]);
});

Deno.test("one that will be lost comes no farther than where the map lets messages vanish", () => {
  const [dot] = underWay(pieceOf([[2_000, 2_000, DROPPED]]), 1_000).dots;
  equal([dot.latency_ms, dot.t], [null, 0.275]);
});

Deno.test("of very many the rest is counted", () => {
  const rows = Array.from(
    { length: STILL_MAX + 3 },
    (_, i) => /** @type {[number, number, number]} */ ([1_001 + i, 900, DELIVERED]),
  );
  const { dots, skipped } = underWay(pieceOf(rows), 1_000);
  equal([dots.length, skipped], [STILL_MAX, 3]);
});

const SIZE = { width: 300, height: 100, line: 12, reach: 6 };

Deno.test("labels that would cover each other stand on other sides of their marks, and one without room is left out", () => {
  const wanted = [100, 120, 110].map((x) => ({ id: `m${x}`, x, y: 50, width: 40 }));
  const marks = wanted.map(({ x, y }) => /** @type {[number, number]} */ ([x, y]));
  const placed = placeLabels(wanted, marks, SIZE);
  equal([...placed].map(([id, { place }]) => [id, place]), [["m100", 0], ["m120", 1]]);
});

Deno.test("no label is cut off by the edge, and one keeps its side while it has room there", () => {
  const top = { id: "m", x: 100, y: 5, width: 40 };
  const first = placeLabels([top], [[100, 5]], SIZE);
  equal(first.get("m")?.place, 1);
  const later = placeLabels([{ ...top, y: 50 }], [[100, 50]], SIZE, first);
  equal(later.get("m")?.place, 1);
});
