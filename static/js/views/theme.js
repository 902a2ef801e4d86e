/**
 * Colours for what is not drawn by the style sheet (Plotly, the canvas): read from its custom properties, and read again
 * when the colour scheme changes.
 *
 * @import {Theme} from "../types.js"
 */

const SERIES = [
  "--series-1",
  "--series-2",
  "--series-3",
  "--series-4",
  "--series-5",
  "--series-6",
  "--series-7",
];

/** The colour that a custom property stands for, as the browser computes it. */
function colorReader() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  return {
    /** @param {string} name */
    read(name) {
      probe.style.setProperty("color", `var(${name})`);
      return getComputedStyle(probe).color;
    },
    done: () => probe.remove(),
  };
}

/** @returns {Theme} */
export function readTheme() {
  const colors = colorReader();
  const body = getComputedStyle(document.body);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const theme = {
    text: colors.read("--text"),
    muted: colors.read("--text-muted"),
    grid: colors.read("--line"),
    surface: colors.read("--surface"),
    hot: colors.read("--hot"),
    warm: colors.read("--warm"),
    bad: colors.read("--bad"),
    accent: colors.read("--calm"),
    fault: colors.read("--fault-soft"),
    fault_text: colors.read("--text-muted"),
    series: SERIES.map((name) => colors.read(name)),
    font_family: body.fontFamily,
    font_px: Math.round(rem * 0.75),
  };
  colors.done();
  return theme;
}

/**
 * The colours of message tones, for the canvas.
 *
 * @param {string[]} tones
 * @returns {Record<string, string>}
 */
export function readTones(tones) {
  const colors = colorReader();
  const read = Object.fromEntries(tones.map((tone) => [tone, colors.read(`--tone-${tone}`)]));
  colors.done();
  return read;
}

/** @param {() => void} changed */
export function onThemeChange(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "class"],
  });
}
