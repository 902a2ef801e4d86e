/**
 * The run's "now" between two frames. Frames carry the recorder's time; in between, the page's own clock is added, for a
 * while only: a page that hears nothing must not pretend that time goes on.
 */

const GUESS_MS_MAX = 1_500;

/**
 * @param {{at_us: number, receivedMs: number, isRunning: boolean}} last
 * @param {number} nowMs on the same clock as `receivedMs`
 */
export function runNowUs(last, nowMs) {
  if (!last.isRunning) return last.at_us;
  const guessed_ms = Math.min(Math.max(0, nowMs - last.receivedMs), GUESS_MS_MAX);
  return last.at_us + Math.round(guessed_ms * 1000);
}

/** States in which the run's time goes on. @param {string|undefined} state */
export function isTimeRunning(state) {
  return state === "running" || state === "draining";
}

/** States that are final. @param {string|undefined} state */
export function isOver(state) {
  return state === "finished" || state === "stopped" || state === "failed";
}
