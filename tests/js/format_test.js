/** Numbers and times as people read them, and the run's clock between frames. */

import { deepStrictEqual as equal } from "node:assert";
import { isOver, isTimeRunning, runNowUs } from "../../static/js/clock.js";
import { count, duration, money, percent, runTime, shortName } from "../../static/js/format.js";
import { texts } from "../../static/js/texts.js";

Deno.test("durations have a unit and no false precision", () => {
  equal([0, 4.21, 139.6, 999.6, 1_254, 12_340, 125_000].map(duration), [
    "0.0 ms",
    "4.2 ms",
    "140 ms",
    "1.00 s",
    "1.25 s",
    "12.3 s",
    "2 min 05 s",
  ]);
  equal([duration(null), duration(undefined), duration(NaN)], ["–", "–", "–"]);
});

Deno.test("a share is never called nothing or everything where it is not", () => {
  equal([0, 0.0001, 0.1234, 0.9999, 1].map(percent), ["0%", "<0.1%", "12.3%", ">99.9%", "100%"]);
});

Deno.test("counts, money, times and long names", () => {
  equal([count(12_345), money(123_456), runTime(62_340_000), runTime(-5)], [
    "12,345",
    "1,234.56",
    "1:02.3",
    "0:00.0",
  ]);
  equal(shortName("s1-17", 8), "s1-17");
  equal(shortName("by-hand-session-123", 9), "by-h…-123");
});

Deno.test("now is guessed between frames, for a while, and only while time runs", () => {
  const last = { at_us: 1_000_000, receivedMs: 500, isRunning: true };
  equal(runNowUs(last, 540), 1_040_000);
  equal(runNowUs(last, 99_000), 2_500_000);
  equal(runNowUs(last, 0), 1_000_000);
  equal(runNowUs({ ...last, isRunning: false }, 540), 1_000_000);
  equal(["pending", "running", "draining", "finished"].map(isTimeRunning), [false, true, true, false]);
  equal(["running", "finished", "stopped", "failed"].map(isOver), [false, true, true, true]);
});

Deno.test("only a gap and a restart are worth a notice", () => {
  equal([texts.caughtUp("joined", null), texts.caughtUp("ended", 3)], ["", ""]);
  equal(
    texts.caughtUp("gap", 1),
    "This page fell behind, so it was sent a whole picture; 1 frame was skipped. Nothing is missing from the totals.",
  );
});
