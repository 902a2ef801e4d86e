/**
 * The only module that knows Plotly. A chart takes a function that makes its figure, and draws it in the next animation
 * frame: at most one update per frame and per chart, at most one every `every_ms`, and none while it cannot be seen.
 *
 * @import {Figure} from "../types.js"
 */

import { texts } from "../texts.js";
import { h, throttled } from "./dom.js";

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, showTips: false };

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
 * @param {HTMLElement} element the `.chart` of a figure; its plot goes into `.chart-plot`, its legend into `.chart-legend`
 * @param {(width_px: number) => Figure|null} make `null`: nothing to draw yet
 * @param {number} every_ms
 * @param {(data: unknown) => void} [onPick] the `customdata` of what was clicked
 * @returns {{changed: () => void}}
 */
export function createChart(element, make, every_ms, onPick) {
  const plot = /** @type {HTMLElement} */ (element.querySelector(".chart-plot"));
  const legend = element.querySelector(".chart-legend");
  let isVisible = false;
  let isDrawing = false;
  let isStale = false;
  let isHeard = false;
  /** @type {any} */
  let engine = null;

  const draw = throttled(async () => {
    isStale = isDrawing;
    if (!engine || isDrawing || !isVisible || document.hidden || !plot.clientWidth) return;
    const figure = make(plot.clientWidth);
    if (!figure) return;
    isDrawing = true;
    const layout = { ...figure.layout, width: plot.clientWidth, height: plot.clientHeight };
    await engine.react(plot, figure.data, layout, CONFIG);
    if (onPick && !isHeard) {
      isHeard = true;
      /** @type {any} */ (plot).on(
        "plotly_click",
        (/** @type {any} */ { points }) => onPick(points[0]?.customdata),
      );
    }
    if (legend) showLegend(legend, figure.legend);
    isDrawing = false;
    if (isStale) draw();
  }, every_ms);

  new IntersectionObserver((entries) => {
    isVisible = entries[entries.length - 1].isIntersecting;
    draw();
  }, { rootMargin: "80px" }).observe(element);
  new ResizeObserver(draw).observe(plot);
  plotly().then((loaded) => {
    engine = loaded;
    draw();
  }, () => plot.replaceChildren(h("p", "empty-text", [texts.chartsFailed])));
  return { changed: draw };
}

/**
 * @param {Element} list
 * @param {Figure["legend"]} entries
 */
function showLegend(list, entries) {
  const signature = JSON.stringify(entries);
  if (list.getAttribute("data-shown") === signature) return;
  list.setAttribute("data-shown", signature);
  list.replaceChildren(...entries.map(({ label, color, dash }) => {
    const swatch = h("span", "swatch");
    swatch.style.setProperty("--swatch", color);
    if (dash && dash !== "solid") swatch.dataset.dash = dash;
    return h("li", "", [swatch, label]);
  }));
}
