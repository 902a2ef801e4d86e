/**
 * How many keys differed before what the page knows exactly: by seconds as far as those go back, and by the coarse steps
 * of the whole run before them. Pure.
 *
 * @import {State} from "../types.js"
 */

/**
 * @param {Pick<State, "seconds"> & Partial<Pick<State, "course">>} state
 * @param {number} started_us
 * @returns {{steps: [number, number][], known_us: number}} (since when, how many) in rising order; from when on it is told
 */
export function courseOf({ seconds, course }, started_us) {
  const us = (/** @type {number} */ second) => started_us + second * 1e6;
  const first = seconds.length ? seconds[0].second : Infinity;
  const { each_s, diverged } = course ?? { each_s: 1, diverged: [] };
  /** @type {[number, number][]} */
  const coarse = diverged.flatMap((n, step) => step * each_s < first ? [[us(step * each_s), n]] : []);
  /** @type {[number, number][]} */
  const fine = seconds.map(({ second, diverged_keys }) => [us(second), diverged_keys]);
  const steps = [...coarse, ...fine];
  return { steps, known_us: steps.length ? steps[0][0] : Infinity };
}
