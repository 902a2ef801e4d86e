/** The narration: which step is due by the run's clock, and what it points at. */

import { deepStrictEqual as equal } from "node:assert";
import { dueStep, lookedAt } from "../../static/js/figures/narration.js";

/** @param {number|null} at_s @param {string} [on] */
const step = (at_s, on = "") => ({ at_s, on, look: [] });

Deno.test("a step is due from its time on, the end when the run is over, the fix never by itself", () => {
  const steps = [step(null, "start"), step(6), step(12), step(null, "end"), step(null, "fix")];
  const due = (/** @type {number} */ now_s, over = false) => dueStep(steps, now_s, over);
  equal([due(0), due(5.9), due(6), due(40)], [0, 0, 1, 2]);
  equal([due(3, true), due(60, true)], [3, 3]);
});

Deno.test("before the first step is due it is the one that is shown, and no steps are none", () => {
  equal(dueStep([step(4), step(8)], 0, false), 0);
  equal(dueStep([], 0, false), 0);
});

Deno.test("what a step points at is a key, a node of this run, or a part of the page", () => {
  const { keys, nodes, parts } = lookedAt(["us", "matrix", "key:cart-1", "latency"], new Set(["us", "eu"]));
  equal([[...keys], [...nodes], parts], [["cart-1"], ["us"], ["matrix", "latency"]]);
});
