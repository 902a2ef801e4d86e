/**
 * How long to wait before trying again: doubling from `base_ms` up to `max_ms`, and a random half of it taken off, so
 * that a room full of browsers does not return to a restarted server in one instant.
 *
 * @param {number} attempt 0 for the first retry
 * @param {() => number} random in [0, 1)
 * @param {{base_ms?: number, max_ms?: number}} [options]
 */
export function backoffMs(attempt, random, { base_ms = 400, max_ms = 15_000 } = {}) {
  const ceiling = Math.min(max_ms, base_ms * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + random() * (ceiling / 2));
}
