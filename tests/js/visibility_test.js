/** How fresh reads were: what Plotly is given, and what is said. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { visibilityFigure } from "../../static/js/figures/visibility.js";
import { texts } from "../../static/js/texts.js";

const theme = {
  text: "text",
  muted: "muted",
  grid: "grid",
  surface: "surface",
  hot: "hot",
  warm: "warm",
  bad: "bad",
  accent: "calm",
  fault: "fault",
  fault_text: "fault text",
  series: ["s1", "s2", "s3", "s4", "s5", "s6", "s7"],
  font_family: "sans",
  font_px: 12,
};

/** @param {number} after_ms @param {number} share */
const point = (after_ms, share) => ({
  after_ms,
  n: 200,
  share,
  low: share - 0.05,
  high: Math.min(1, share + 0.05),
  predicted: share + 0.01,
});

const found = {
  replicas: 3,
  read: 1,
  write: 1,
  reads: 600,
  points: [point(0, 0.45), point(1, 0.6), point(100, 1)],
  curve: [{ after_ms: 0, share: 0.44 }, { after_ms: 100, share: 1 }],
  rmse: 0.012,
  error_max: -0.021,
  outside: 1,
  t_999_ms: { measured: null, predicted: 55.3 },
  left_out: [],
};

Deno.test("a time of zero has a place, and times are spaced by their logarithm", () => {
  const figure = visibilityFigure(found, theme, 600);
  const [curve, measured] = /** @type {any[]} */ (figure.data);
  equal(measured.x, [0, Math.log1p(1), Math.log1p(100)]);
  equal(measured.y, [45, 60, 100]);
  equal(curve.x, [0, Math.log1p(100)]);
  equal(/** @type {any} */ (figure.layout).xaxis.ticktext, ["0", "1", "100"]);
  equal(/** @type {any} */ (figure.layout).yaxis.range, [30, 102]);
  equal(figure.legend.map(({ label }) => label), [texts.visibility.measured, texts.visibility.predicted]);
});

Deno.test("intervals are drawn from low to high", () => {
  const [, measured] = /** @type {any[]} */ (visibilityFigure(found, theme, 600).data);
  ok(Math.abs(measured.error_y.array[0] - 5) < 1e-9 && Math.abs(measured.error_y.arrayminus[0] - 5) < 1e-9);
  equal(measured.error_y.array[2], 0);
});

Deno.test("of ticks too close to be read only the first is shown", () => {
  const figure = visibilityFigure(
    { ...found, points: [point(10, 0.9), point(10.1, 0.9), point(1000, 1)] },
    theme,
    300,
  );
  equal(/** @type {any} */ (figure.layout).xaxis.ticktext, ["10", "1000"]);
});

Deno.test("the error is said in percentage points, and what was not reached is said so", () => {
  equal(
    texts.visibility.about(found),
    "600 reads with N = 3, R = 1, W = 1. Measured and predicted differ by 1.2 percentage points (root mean square), " +
      "2.1 percentage points at most; 1 of 3 intervals miss the prediction.",
  );
  equal(
    texts.visibility.reached(found.t_999_ms),
    "99.9% are fresh at no time that was measured; predicted: 55 ms.",
  );
});
