/**
 * The diagram's colours, from the style sheet.
 *
 * @import {Palette} from "./picture.js"
 */

import { readTheme, readTones } from "../views/theme.js";

/** @param {string[]} tones names of tones, in the order of their numbers @returns {Palette} */
export function readPalette(tones) {
  const theme = readTheme();
  const own = readTones(["ink", "lost"]);
  const colors = readTones(tones);
  return {
    text: theme.text,
    muted: theme.muted,
    line: theme.grid,
    lane: theme.muted,
    surface: theme.surface,
    fault: theme.fault,
    hot: theme.hot,
    bad: own.lost,
    past: theme.series[5],
    future: theme.series[2],
    cursor: theme.text,
    applied: own.ink,
    tones: tones.map((tone) => colors[tone]),
    font: theme.font_family,
    font_px: theme.font_px,
  };
}
