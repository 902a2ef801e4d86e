/** The room's figures: where dots of guesses are, who is compared with whom, and what people's contents look like. */

import { deepStrictEqual as equal } from "node:assert";
import { pairOf } from "../../static/js/rooms/costs.js";
import { dots, median } from "../../static/js/rooms/guesses.js";
import { texts } from "../../static/js/rooms/texts.js";

/** @param {string} run @param {string} scenario @param {boolean} is_fix */
const played = (run, scenario, is_fix) => ({
  run,
  scenario,
  is_fix,
  title: run,
  design: "",
  answer: null,
  unit: "",
  figures: {},
});

Deno.test("guesses of one size stand on each other, and however many there are they fit", () => {
  const placed = dots([10, 10, 10, 90], 100);
  equal(new Set(placed.slice(0, 3).map(({ x }) => x)).size, 1);
  equal(new Set(placed.slice(0, 3).map(({ y }) => y)).size, 3);
  equal(placed[3].x > placed[0].x, true);
  const many = dots(Array.from({ length: 500 }, () => 50), 100);
  equal(many.every(({ y, r }) => y - r > 0), true);
  equal(dots([-5, 0, 50, 100, 500], 100).map(({ x }) => x), [30, 30, 500, 970, 970]);
});

Deno.test("the median of no guesses is none", () => {
  equal([[], [3], [1, 2], [1, 2, 9]].map(median), [null, 3, 1.5, 2]);
});

Deno.test("a lesson is compared with its own fix, the last of each", () => {
  const all = [
    played("a", "x", false),
    played("b", "x", true),
    played("c", "y", false),
    played("d", "x", false),
  ];
  equal(pairOf(all, "x").map(({ run }) => run), ["d", "b"]);
  equal(pairOf(all, "y").map(({ run }) => run), ["c"]);
  equal(pairOf(all, "z"), []);
});

Deno.test("contents are shown without the mark that makes them unlike all others, and say who wrote them", () => {
  equal(texts.content("1 Elm Street (guest-12-0a1b2c3d)"), "1 Elm Street · seat 12");
  equal(texts.content("1 Elm Street (s3-22)"), "1 Elm Street (s3-22)");
  const event = { at_us: 0, what: "lost", key: "address-1", tone: /** @type {"bad"} */ ("bad"), count: 3 };
  equal(
    texts.event({ ...event, text: "Elm (guest-1-0a1b2c3d)" }, { 3: "Bo" }),
    "address 1: your “Elm” was overwritten by Bo, who had not seen it",
  );
  equal(texts.key("guest-2-a485befd"), "order befd");
});
