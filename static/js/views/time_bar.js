/**
 * The bar of time below the timeline, and the band above everything that says that this is not the present.
 *
 * @import {State} from "../types.js"
 */

import { stripFigure } from "../figures/time_bar.js";
import { runTime } from "../format.js";
import { SPEEDS } from "../player.js";
import { texts } from "../texts.js";
import { find, setAttribute, setText, svg } from "./dom.js";

const STRIP_EVERY_MS = 500;

/**
 * What a strip shows: above how many keys differ, below it where faults are.
 *
 * @param {ReturnType<typeof stripFigure>} figure
 */
export function stripMarks({ diverged, faults }) {
  return [
    svg("path", { class: "time-diverged", d: diverged || "M0 0", transform: "scale(1 0.82)" }),
    ...faults.map(({ x, width }) => svg("rect", { class: "time-fault", x, width, y: 86, height: 14 })),
  ];
}

/**
 * @typedef {object} Shown
 * @property {State} live
 * @property {number} from_us the run's beginning
 * @property {number} to_us its end so far
 * @property {number|null} cursor_us `null`: the present
 * @property {boolean} isPlaying
 * @property {boolean} isWaiting
 * @property {boolean} isOver whether the run is over, so that its present is its end
 * @property {number} speed
 *
 * @param {HTMLElement} bar
 * @param {HTMLElement|null} band says that this is not the present; a page that has no present has none
 * @param {{toggle: () => void, seek: (us: number) => void, step: (way: 1|-1) => void, setSpeed: (speed: number) => void, live: () => void}} act `seek` counts from the run's beginning
 */
export function createTimeBar(bar, band, act) {
  const range = /** @type {HTMLInputElement} */ (find("input", bar));
  const play = find("[data-play]", bar);
  const speed = /** @type {HTMLSelectElement} */ (find("select", bar));
  const strip = find(".time-track svg", bar);
  const place = find(".time-place", bar);
  const length = find(".time-length", bar);
  let drawnMs = -Infinity;

  speed.replaceChildren(...SPEEDS.map((one) => new Option(texts.past.speed(one), String(one))));
  speed.value = "1";
  play.addEventListener("click", act.toggle);
  range.addEventListener("input", () => act.seek(Number(range.value) * 1000));
  speed.addEventListener("change", () => act.setSpeed(Number(speed.value)));
  for (const button of bar.querySelectorAll("[data-step]")) {
    const way = button.getAttribute("data-step") === "1" ? 1 : -1;
    button.addEventListener("click", () => act.step(way));
  }
  for (const root of band ? [bar, band] : [bar]) {
    find("[data-live]", root).addEventListener("click", act.live);
  }

  /** @param {State} live @param {number} from_us @param {number} to_us */
  function drawStrip(live, from_us, to_us) {
    if (performance.now() - drawnMs < STRIP_EVERY_MS) return;
    drawnMs = performance.now();
    const figure = stripFigure(live, from_us, to_us);
    strip.replaceChildren(...stripMarks(figure));
    bar.style.setProperty("--unknown", String(figure.unknown));
    setAttribute(range, "title", figure.unknown ? texts.past.notDrawn : null);
  }

  /** @param {Shown} shown */
  function showBand({ cursor_us, from_us, to_us, isPlaying, isOver }) {
    if (!band) return;
    document.body.classList.toggle("is-past", cursor_us !== null);
    band.hidden = cursor_us === null;
    if (cursor_us === null) return;
    const words = isOver ? texts.past.replay : texts.past.past;
    setText(find(".past-word", band), isPlaying ? words.playing : words.paused);
    setText(find(".past-when", band), runTime(cursor_us - from_us));
    setText(find(".past-behind", band), texts.past.behind((to_us - cursor_us) / 1000, isOver));
    setText(find("[data-live]", band), isOver ? texts.past.toEnd : texts.past.toLive);
  }

  return {
    /** @param {Shown} shown */
    show(shown) {
      const { live, from_us, to_us, cursor_us, isPlaying, isOver } = shown;
      const at_us = (cursor_us ?? to_us) - from_us;
      drawStrip(live, from_us, to_us);
      range.max = String(Math.max(1, Math.round((to_us - from_us) / 1000)));
      range.value = String(Math.round(at_us / 1000));
      bar.style.setProperty("--at", String(to_us > from_us ? at_us / (to_us - from_us) : 1));
      setAttribute(range, "aria-valuetext", texts.past.of(runTime(at_us), runTime(to_us - from_us)));
      setText(place, runTime(at_us));
      setText(length, texts.past.length(runTime(to_us - from_us)));
      const isRolling = cursor_us === null ? !isOver : isPlaying;
      setAttribute(play, "aria-label", isRolling ? texts.past.pause : texts.past.play);
      setAttribute(play, "title", isRolling ? texts.past.pauseTitle : texts.past.playTitle);
      setAttribute(play, "data-play", isRolling ? "pause" : "play");
      bar.classList.toggle("is-waiting", shown.isWaiting && isPlaying);
      if (document.activeElement !== speed) speed.value = String(shown.speed);
      const live_button = /** @type {HTMLButtonElement} */ (find("[data-live]", bar));
      live_button.disabled = cursor_us === null;
      setText(live_button, isOver ? texts.past.end : texts.past.live);
      showBand(shown);
    },
  };
}
