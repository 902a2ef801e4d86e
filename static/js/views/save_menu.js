/**
 * The small menu of a figure by which it is saved: as a picture, as a drawing, as its numbers. Files say of which run.
 *
 * The picture is drawn from the drawing, by way of a data URL: the page's policy allows no other images.
 *
 * @import {Figure} from "../types.js"
 * @import {Table} from "../figures/csv.js"
 */

import { csvOf } from "../figures/csv.js";
import { baseLayout, plain } from "../figures/base.js";
import { texts } from "../texts.js";
import { h, setText } from "./dom.js";
import { readTheme } from "./theme.js";

const SIZE = { width: 1200, height: 520 };
const SCALE = 2;
/** For the title and the legend. */
const HEAD_PX = 64;
const LINK_LIVES_MS = 10_000;

/**
 * @param {Element} place
 * @param {string} name of the figure, in file names
 * @param {string} title
 * @param {() => any} getEngine Plotly, once it is there
 * @param {(width_px: number, isAlone: boolean) => Figure|null} make
 */
export function createSaveMenu(place, name, title, getEngine, make) {
  /** @param {"png"|"svg"} format */
  const picture = async (format) => {
    const svg = await drawing(getEngine(), make(SIZE.width, true), title);
    if (svg === null) return null;
    return format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await painted(svg);
  };
  addSaveMenu(place, name, title, {
    png: () => picture("png"),
    svg: () => picture("svg"),
    csv: () => {
      const figure = make(SIZE.width, true);
      return figure ? csvBlob(figure.table) : null;
    },
  });
}

/** @param {Table} table */
export function csvBlob(table) {
  return new Blob(["\ufeff", csvOf(table)], { type: "text/csv" });
}

/**
 * A menu of any formats.
 *
 * @param {Element} place
 * @param {string} name
 * @param {string} title
 * @param {Record<string, () => Blob|null|Promise<Blob|null>>} formats by name, as in `texts.chart.formats`
 */
export function addSaveMenu(place, name, title, formats) {
  const summary = h("summary", "save-open", [h("span", "save-sign")]);
  summary.setAttribute("aria-label", texts.chart.save(title));
  summary.title = texts.chart.save(title);
  const trouble = h("p", "save-trouble");
  trouble.setAttribute("role", "status");
  const details = h("details", "save", [summary]);
  const list = h("div", "save-list");
  for (const [format, make] of Object.entries(formats)) {
    const button = h("button", "save-format", [texts.chart.formats[format]]);
    button.type = "button";
    button.addEventListener("click", async () => {
      setText(trouble, "");
      try {
        const blob = await make();
        if (blob) download(blob, `${fileName(name)}.${format}`);
        details.open = false;
        summary.focus();
      } catch (error) {
        setText(trouble, texts.chart.saveFailed);
        throw error;
      }
    });
    list.append(button);
  }
  list.append(trouble);
  details.append(list);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.stopPropagation();
    details.open = false;
    summary.focus();
  });
  details.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !details.contains(relatedTarget)) details.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !details.contains(target)) details.open = false;
  });
  place.replaceChildren(details);
}

/** @param {string} name */
function fileName(name) {
  const run = /** @type {HTMLElement|null} */ (document.querySelector("[data-run]"))?.dataset.run ?? "runs";
  return `consistency-${run}-${name}`;
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const link = h("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LINK_LIVES_MS);
}

/**
 * The figure as a drawing that stands alone: with its title, its legend and a ground.
 *
 * @param {any} engine
 * @param {Figure|null} figure
 * @param {string} title
 * @returns {Promise<string|null>}
 */
async function drawing(engine, figure, title) {
  if (!engine || !figure) return null;
  const theme = readTheme();
  const { margin } = /** @type {{margin: {t: number, b: number}}} */ (
    /** @type {unknown} */ ({ ...baseLayout(theme), ...figure.layout })
  );
  const { annotations = [] } = /** @type {{annotations?: object[]}} */ (figure.layout);
  const layout = {
    ...figure.layout,
    ...SIZE,
    margin: { ...margin, t: margin.t + HEAD_PX, b: Math.max(36, margin.b) },
    paper_bgcolor: theme.surface,
    annotations: [...annotations, ...legendOf(figure, theme, margin.t)],
    title: {
      text: plain(title),
      font: { size: theme.font_px + 6, color: theme.text, weight: 700 },
      x: 0.012,
      xanchor: "left",
      y: 0.965,
      yanchor: "top",
    },
  };
  return await engine.toImage({ data: figure.data, layout, config: { displayModeBar: false } }, {
    format: "svg",
    imageDataOnly: true,
    ...SIZE,
  });
}

/**
 * The legend, entry after entry below the title. Each is two annotations, for colours within a text would be style
 * attributes, which the page's policy forbids.
 *
 * @param {Figure} figure
 * @param {import("../types.js").Theme} theme
 * @param {number} margin_px above the plot
 */
function legendOf({ legend }, theme, margin_px) {
  const pen = h("canvas").getContext("2d");
  if (pen) pen.font = `${theme.font_px}px ${theme.font_family}`;
  const width = (/** @type {string} */ text) => pen ? pen.measureText(text).width : 7 * text.length;
  let xshift = 0;
  return legend.flatMap(({ label, color, sign = "\u25a0" }) => {
    const [left, text_px] = [xshift, xshift + width(sign) + 6];
    xshift = text_px + width(label) + 20;
    const place = { xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom" };
    const at = { ...place, yshift: margin_px + 8, showarrow: false };
    return [
      { ...at, text: sign, xshift: left, font: { color, size: theme.font_px } },
      { ...at, text: plain(label), xshift: text_px, font: { color: theme.muted, size: theme.font_px } },
    ];
  });
}

/** @param {string} svg @returns {Promise<Blob|null>} */
async function painted(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = h("canvas");
  canvas.width = SIZE.width * SCALE;
  canvas.height = SIZE.height * SCALE;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
