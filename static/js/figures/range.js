/**
 * Which part of the run the charts show: the last seconds up to now, everything, or what somebody has zoomed to. Pure.
 *
 * @typedef {{from_s: number, to_s: number}} Range seconds since the run began
 */

/** How much of the past is in sight while nobody zooms; `Infinity` is the whole run. */
export const SPANS_S = [30, 120, Infinity];
/** Nobody sees anything in less. */
export const ZOOM_S_MIN = 0.2;
const WHOLE_S_MIN = 10;
/** Shorter movements are clicks. */
export const BRUSH_PX_MIN = 6;
const TICK_PX = 84;
const TICK_STEPS_S = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

/**
 * @param {{zoom: Range|null, span_s: number, now_s: number}} wanted
 * @returns {Range}
 */
export function rangeOf({ zoom, span_s, now_s }) {
  if (zoom) return zoom;
  if (span_s === Infinity) return { from_s: 0, to_s: Math.max(WHOLE_S_MIN, now_s) };
  const to_s = Math.max(span_s, now_s);
  return { from_s: to_s - span_s, to_s };
}

/**
 * What a brush from one pixel of the plotting area to another selects; `null` if it is too narrow to be meant.
 *
 * @param {number} one_px
 * @param {number} other_px
 * @param {number} width_px
 * @param {Range} range what is in sight
 * @returns {Range|null}
 */
export function brushed(one_px, other_px, width_px, { from_s, to_s }) {
  if (Math.abs(one_px - other_px) < BRUSH_PX_MIN || width_px <= 0) return null;
  const at = (/** @type {number} */ px) => from_s + (to_s - from_s) * Math.min(1, Math.max(0, px / width_px));
  const [from, to] = [at(Math.min(one_px, other_px)), at(Math.max(one_px, other_px))];
  return atLeast({ from_s: from, to_s: to });
}

/**
 * The range made larger (`factor` > 1) or smaller about its middle, within the run.
 *
 * @param {Range} range
 * @param {number} factor
 * @param {number} end_s
 * @returns {Range}
 */
export function scaled({ from_s, to_s }, factor, end_s) {
  const length_s = Math.min((to_s - from_s) * factor, Math.max(WHOLE_S_MIN, end_s));
  const from = Math.max(0, (from_s + to_s - length_s) / 2);
  return atLeast({ from_s: from, to_s: from + length_s });
}

/** @param {Range} range @returns {Range} */
function atLeast({ from_s, to_s }) {
  return { from_s, to_s: Math.max(to_s, from_s + ZOOM_S_MIN) };
}

/**
 * Where the axis of a range has its ticks, and what stands there: "12 s", "2:30" from two minutes on.
 *
 * @param {Range} range
 * @param {number} width_px
 */
export function ticksOf({ from_s, to_s }, width_px) {
  const wanted_s = (to_s - from_s) * TICK_PX / Math.max(TICK_PX, width_px);
  const step_s = TICK_STEPS_S.find((step) => step >= wanted_s) ?? TICK_STEPS_S[TICK_STEPS_S.length - 1];
  const digits = Math.max(0, -Math.floor(Math.log10(step_s) + 1e-9));
  /** @type {number[]} */
  const values = [];
  for (let n = Math.ceil(from_s / step_s); n * step_s <= to_s; n += 1) {
    values.push(Number((n * step_s).toFixed(2)));
  }
  const text = (/** @type {number} */ s) =>
    to_s < 120 || step_s < 1
      ? `${s.toFixed(digits)} s`
      : `${Math.floor(s / 60)}:${String(Math.round(s % 60)).padStart(2, "0")}`;
  return { values, texts: values.map(text) };
}

/** The zoom that an address names ("12.3-20"); `null` if it names none. @param {string} text @returns {Range|null} */
export function parseZoom(text) {
  const found = /^(\d{1,7}(?:\.\d{1,6})?)-(\d{1,7}(?:\.\d{1,6})?)$/.exec(text);
  if (!found) return null;
  const [from_s, to_s] = [Number(found[1]), Number(found[2])];
  return to_s > from_s ? atLeast({ from_s, to_s }) : null;
}

/** @param {Range|null} zoom */
export function formatZoom(zoom) {
  return zoom ? `${zoom.from_s.toFixed(2)}-${zoom.to_s.toFixed(2)}` : "";
}
