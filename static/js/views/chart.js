/**
 * The only module that knows Plotly. A chart takes a function that makes its figure, and draws it in an animation frame
 * soon: at most one chart of the page in each frame, each at most every `every_ms`, and none while it cannot be seen.
 *
 * @import {Figure} from "../types.js"
 */

import { texts } from "../texts.js";
import { h, inTurn, setAttribute, setText, throttled } from "./dom.js";
import { createSaveMenu } from "./save_menu.js";

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, showTips: false };

/** A chart that is dear to draw, for it has much to show or the machine is slow, rests so many times as long as it took. */
const REST = 24;
const EVERY_MS_MAX = 1_000;

/** @type {Promise<any>|null} */
let loading = null;

/** Plotly, when its deferred script has run. */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const global = /** @type {any} */ (globalThis);
    if (global.Plotly) return resolve(global.Plotly);
    const script = document.getElementById("plotly-script");
    if (!script) return reject(new Error("the page has no script #plotly-script"));
    script.addEventListener("load", () => resolve(global.Plotly));
    script.addEventListener("error", () => reject(new Error("plotly.min.js could not be loaded")));
  });
  return loading;
}

/**
 * @param {HTMLElement} element the `.chart` of a figure; its plot goes into `.chart-plot`, its legend into `.chart-legend`,
 *   its menu to save it into `.chart-save`
 * @param {(width_px: number, isAlone: boolean) => Figure|null} make `null`: nothing to draw yet; alone: in a file
 * @param {number} every_ms
 * @param {(data: unknown) => void} [onPick] the `customdata` of what was clicked
 * @returns {{changed: () => void, stage: HTMLElement}} the stage is what else may be laid over the plot
 */
export function createChart(element, make, every_ms, onPick) {
  const plot = /** @type {HTMLElement} */ (element.querySelector(".chart-plot"));
  const legend = element.querySelector(".chart-legend");
  const title = element.querySelector("h2, h3")?.textContent ?? "";
  const empty = h("p", "chart-empty");
  const stage = h("div", "chart-stage");
  plot.replaceWith(stage);
  stage.append(plot, empty);
  empty.hidden = true;
  setAttribute(plot, "role", "img");
  if (!plot.hasAttribute("aria-label")) setAttribute(plot, "aria-label", title);
  let isVisible = false;
  let isDrawing = false;
  let isStale = false;
  let isHeard = false;
  /** @type {any} */
  let engine = null;
  /** How long the last drawing took. */
  let cost_ms = 0;
  /** What there is room for, as the observer told: to ask would make the browser lay out the page within the frame. */
  let [width, height] = [0, 0];

  const drawNow = async () => {
    isStale = isDrawing;
    if (!engine || isDrawing || !isVisible || document.hidden || !width) return;
    const figure = make(width, false);
    if (!figure) return;
    isDrawing = true;
    const begunMs = performance.now();
    const layout = { ...figure.layout, width, height };
    await engine.react(plot, figure.data, layout, CONFIG);
    cost_ms = performance.now() - begunMs;
    if (onPick && !isHeard) {
      isHeard = true;
      /** @type {any} */ (plot).on(
        "plotly_click",
        (/** @type {any} */ { points }) => onPick(points[0]?.customdata),
      );
    }
    if (legend) showLegend(legend, figure.legend);
    empty.hidden = !figure.isEmpty;
    setText(empty, texts.chart.empty[element.id] ?? "");
    isDrawing = false;
    if (isStale) draw();
  };
  const draw = throttled(
    () => inTurn(drawNow),
    () => Math.max(every_ms, Math.min(EVERY_MS_MAX, cost_ms * REST)),
  );

  const place = element.querySelector(".chart-save");
  if (place) createSaveMenu(place, element.id, title, () => engine, make);
  new IntersectionObserver((entries) => {
    isVisible = entries[entries.length - 1].isIntersecting;
    draw();
  }, { rootMargin: "80px" }).observe(element);
  new ResizeObserver(([{ contentRect }]) => {
    [width, height] = [Math.round(contentRect.width), Math.round(contentRect.height)];
    draw();
  }).observe(plot);
  plotly().then((loaded) => {
    engine = loaded;
    draw();
  }, () => plot.replaceChildren(h("p", "empty-text", [texts.chartsFailed])));
  return { changed: draw, stage };
}

/**
 * @param {Element} list
 * @param {Figure["legend"]} entries
 */
function showLegend(list, entries) {
  const signature = JSON.stringify(entries);
  if (list.getAttribute("data-shown") === signature) return;
  list.setAttribute("data-shown", signature);
  list.replaceChildren(...entries.map(({ label, color, dash, sign }) => {
    const swatch = h("span", sign ? "swatch-sign" : "swatch", sign ? [sign] : []);
    swatch.style.setProperty("--swatch", color);
    if (dash && dash !== "solid") swatch.dataset.dash = dash;
    if (sign) swatch.setAttribute("aria-hidden", "true");
    return h("li", "", [swatch, label]);
  }));
}
