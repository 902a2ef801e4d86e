/** The room's guesses as a row of dots over one axis, with what was measured and what was predicted as lines. */

import { h, svg } from "../views/dom.js";
import { figure, texts } from "./texts.js";

const WIDTH = 1000;
const HEIGHT = 300;
const BASE = 236;
const LEFT = 30;
const RIGHT = 970;
const BINS = 40;

/**
 * Where the dots of all guesses are: each at its value, on top of those near it, smaller when there are many. Pure.
 *
 * @param {number[]} values @param {number} most
 */
export function dots(values, most) {
  /** @type {Map<number, number>} */
  const heights = new Map();
  const placed = values.map((value) => {
    const share = Math.max(0, Math.min(value, most)) / most;
    const bin = Math.min(BINS - 1, Math.floor(share * BINS));
    const level = heights.get(bin) ?? 0;
    heights.set(bin, level + 1);
    return { share, level };
  });
  const highest = Math.max(1, ...heights.values());
  const step = Math.min(30, 190 / highest);
  return placed.map(({ share, level }) => ({
    x: LEFT + share * (RIGHT - LEFT),
    y: BASE - step / 2 - level * step,
    r: Math.min(13, step * 0.45),
  }));
}

/** @param {number[]} sorted */
export function median(sorted) {
  if (!sorted.length) return null;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {HTMLElement} place
 * @param {{guesses: number[], answer: number|null, prediction: number|null, asked: import("./types.js").Asked|null}} room
 */
export function drawGuesses(place, { guesses, answer, prediction, asked }) {
  const drawn = JSON.stringify([guesses, answer, prediction, asked]);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.hidden = !asked;
  if (!asked) return;
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "xMinYMid meet",
    "aria-hidden": "true",
  });
  chart.append(line(LEFT, BASE, RIGHT, BASE, "axis"));
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const x = LEFT + share * (RIGHT - LEFT);
    chart.append(
      line(x, BASE, x, BASE + 8, "axis"),
      label(x, BASE + 34, figure(Math.round(share * asked.most * 10) / 10), "tick"),
    );
  }
  for (const { x, y, r } of dots(guesses, asked.most)) {
    chart.append(svg("circle", { cx: x, cy: y, r, class: "dot" }));
  }
  const middle = median(guesses);
  const marks = [
    { value: middle, name: texts.median, kind: "median" },
    { value: prediction, name: texts.predicted, kind: "predicted" },
    { value: answer, name: texts.measured, kind: "measured" },
  ].filter((mark) => mark.value !== null);
  for (const mark of marks) {
    const x = LEFT + (Math.max(0, Math.min(mark.value ?? 0, asked.most)) / asked.most) * (RIGHT - LEFT);
    chart.append(line(x, 14, x, BASE, `mark is-${mark.kind}`));
  }
  const legend = h(
    "ul",
    "guess-legend",
    marks.map((mark) => {
      const item = h("li", `is-${mark.kind}`, [texts.mark(mark.name, mark.value ?? 0, asked.unit)]);
      return item;
    }),
  );
  const caption = h("figcaption", "guess-caption", [
    guesses.length ? texts.guesses(guesses.length) : texts.noGuess,
  ]);
  place.replaceChildren(chart, legend, caption);
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} kind */
function line(x1, y1, x2, y2, kind) {
  return svg("line", { x1, y1, x2, y2, class: kind });
}

/** @param {number} x @param {number} y @param {string} text @param {string} kind */
function label(x, y, text, kind) {
  const element = svg("text", { x, y, class: kind });
  element.textContent = text;
  return element;
}
