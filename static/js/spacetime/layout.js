/**
 * Where things are: time to pixels and back, lanes, ticks, panning and zooming within bounds. Pure.
 *
 * @typedef {{from_us: number, to_us: number}} Span
 * @typedef {object} Frame
 * @property {number} width
 * @property {number} height
 * @property {number} left where the lanes begin, after their names
 * @property {number} top below the axis
 * @property {number} bottom above the overview
 */

export const SPAN_US_MIN = 200;
const STEPS = [1, 2, 5];

/** @param {Span} span @param {Frame} frame @param {number} us */
export function xOf(span, frame, us) {
  return frame.left + (us - span.from_us) / (span.to_us - span.from_us) * (frame.width - frame.left);
}

/** @param {Span} span @param {Frame} frame @param {number} x */
export function timeAt(span, frame, x) {
  return span.from_us + (x - frame.left) / (frame.width - frame.left) * (span.to_us - span.from_us);
}

/** The middle of a lane. @param {Frame} frame @param {number} lanes @param {number} lane */
export function yOf(frame, lanes, lane) {
  return frame.top + (lane + 0.5) * (frame.bottom - frame.top) / Math.max(1, lanes);
}

/** The lane at a height, also beside the drawing. @param {Frame} frame @param {number} lanes @param {number} y */
export function laneAt(frame, lanes, y) {
  const lane = Math.floor((y - frame.top) / (frame.bottom - frame.top) * lanes);
  return Math.max(0, Math.min(lanes - 1, lane));
}

/**
 * `span` inside 0 … `last_us`, as long as before where that is possible. Half a span of nothing may be seen beyond
 * either end, so that the first and the last event can be in the middle.
 *
 * @param {Span} span
 * @param {number} last_us
 * @returns {Span}
 */
export function bounded(span, last_us) {
  const longest = Math.max(SPAN_US_MIN, last_us * 1.1);
  const length = Math.min(longest, Math.max(SPAN_US_MIN, span.to_us - span.from_us));
  const middle = Math.max(0, Math.min(last_us, (span.from_us + span.to_us) / 2));
  return { from_us: middle - length / 2, to_us: middle + length / 2 };
}

/** The whole of it, with a little air. @param {number} last_us @returns {Span} */
export function whole(last_us) {
  const length = Math.max(SPAN_US_MIN, last_us);
  return { from_us: -length * 0.02, to_us: length * 1.02 };
}

/** @param {Span} span @param {number} us @param {number} last_us */
export function panned(span, us, last_us) {
  return bounded({ from_us: span.from_us + us, to_us: span.to_us + us }, last_us);
}

/**
 * Longer (`factor` above 1) or shorter, with the instant `at_us` staying where it is.
 *
 * @param {Span} span
 * @param {number} factor
 * @param {number} at_us
 * @param {number} last_us
 */
export function zoomed(span, factor, at_us, last_us) {
  const longest = Math.max(SPAN_US_MIN, last_us * 1.1);
  const length = span.to_us - span.from_us;
  const to = Math.min(longest, Math.max(SPAN_US_MIN, length * factor)) / length;
  return bounded({
    from_us: at_us - (at_us - span.from_us) * to,
    to_us: at_us + (span.to_us - at_us) * to,
  }, last_us);
}

/**
 * Round instants with their words, about one every `px` pixels.
 *
 * @param {Span} span
 * @param {Frame} frame
 * @param {number} [px]
 * @returns {{us: number, text: string}[]}
 */
export function ticks(span, frame, px = frame.width < 600 ? 64 : 110) {
  const wanted = (span.to_us - span.from_us) / Math.max(1, (frame.width - frame.left) / px);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = Math.max(1, (STEPS.find((factor) => factor * power >= wanted) ?? 10) * power);
  const found = [];
  for (let us = Math.ceil(Math.max(0, span.from_us) / step) * step; us <= span.to_us; us += step) {
    found.push({ us, text: instant(us, step) });
  }
  return found;
}

/** An instant since the run began, as exact as `step_us` needs. @param {number} us @param {number} step_us */
export function instant(us, step_us) {
  const decimals = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(Math.max(1, step_us)) + 1e-9)));
  return `${(us / 1e6).toFixed(decimals)} s`;
}
