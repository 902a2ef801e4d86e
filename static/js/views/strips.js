/**
 * A strip for each run that is shown beside others. All have one measure, across and upwards.
 *
 * @import {State} from "../types.js"
 */

import { STRIP, stripFigure } from "../figures/time_bar.js";
import { find, svg } from "./dom.js";
import { stripMarks } from "./time_bar.js";

/**
 * @param {{strip: HTMLElement, end: State, about: {fork_at_us: number|null}}[]} runs `end`: everything so far
 * @param {number} length_us of the longest
 */
export function showStrips(runs, length_us) {
  const begun = runs.flatMap(({ strip, end, about }) => {
    if (!end.run) return [];
    const from_us = end.run.started_us;
    const figure = (/** @type {number} */ highest) => stripFigure(end, from_us, from_us + length_us, highest);
    return [{ strip, figure, lasted_us: end.at_us - from_us, fork_us: about.fork_at_us }];
  });
  const highest = Math.max(0, ...begun.map(({ figure }) => figure(0).most));
  const x = (/** @type {number} */ us) => us / Math.max(1, length_us) * STRIP.width;
  for (const { strip, figure, lasted_us, fork_us } of begun) {
    const over = { class: "strip-over", x: x(lasted_us), width: Math.max(0, STRIP.width - x(lasted_us)) };
    find("svg", strip).replaceChildren(
      ...stripMarks(figure(highest)),
      svg("rect", { ...over, y: 0, height: STRIP.height }),
      ...(fork_us === null
        ? []
        : [svg("rect", { class: "strip-fork", x: x(fork_us), width: 4, y: 0, height: STRIP.height })]),
    );
  }
}
