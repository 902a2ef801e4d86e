/**
 * Runs side by side on one clock: a strip and a matrix for each, what is unlike the first, and the price of each.
 *
 * @import {State} from "./types.js"
 */

import { isOver } from "./clock.js";
import { differences, keysOfAll, withRowsFor } from "./figures/compare.js";
import { assignSlots } from "./figures/matrix.js";
import { createPlayer, SPEEDS } from "./player.js";
import { createStore } from "./shown.js";
import { EMPTY, reduce } from "./store.js";
import { texts } from "./texts.js";
import { find, setAttribute, setText, throttled } from "./views/dom.js";
import { createKeysSheet, listenToKeys } from "./views/keys_sheet.js";
import { createMatrix } from "./views/matrix.js";
import { createPrice } from "./views/price.js";
import { showStrips } from "./views/strips.js";
import { createTimeBar } from "./views/time_bar.js";
import { formatView, parseView } from "./view_url.js";

const ROWS = 8;
/** With so few, matrices need not be high, and the prices come into sight. */
const FEW_KEYS = 3;
const DRAW_EVERY_MS = 66;
const LOOK_MS = 1_500;
const NEVER_US = 10 ** 17;

/**
 * @typedef {{id: string, title: string, design: string, engine: string, past: string, findings: string, ended: boolean, fork_at_us: number|null}} About
 * @typedef {object} Run
 * @property {About} about
 * @property {string} name its letter
 * @property {HTMLElement} panel
 * @property {HTMLElement} strip
 * @property {ReturnType<typeof createStore>} store what is shown
 * @property {State} end everything so far, for the strip
 * @property {import("./figures/price.js").Told[]|null} figures
 * @property {ReturnType<typeof createMatrix>} matrix
 */

const page = find("#compare");
/** @type {About[]} */
const abouts = JSON.parse(find("#compared").textContent ?? "[]");
const opening = parseView(location.search);
/** @type {import("./figures/matrix.js").Slot[]} */
let slots = [];
let isOpened = false;

/** @type {Run[]} */
const runs = abouts.map((about, index) => {
  const panel = find(`[data-panel="${index}"]`, page);
  const store = createStore();
  store.seek(0);
  return {
    about,
    name: "ABCD"[index],
    panel,
    strip: find(`[data-strip="${index}"]`, page),
    store,
    end: EMPTY,
    figures: null,
    matrix: createMatrix(panel, () => draw(), { assign: () => slots }),
  };
});

const player = createPlayer({
  reels: runs.map(({ about, store }) => ({
    ask: (path) => asked(`${about.past}${path}`),
    onFrame: store.travel,
  })),
  onMove: () => draw(),
  onEnd: () => draw(),
  onError: failed,
});
const bar = createTimeBar(find("#time"), null, {
  toggle,
  seek: player.seek,
  step: (way) => player.step(way, runs[0].store.get().selection?.id ?? ""),
  setSpeed: player.setSpeed,
  live: () => player.seek(player.state().end_us),
});
const price = createPrice(find("#price"), runs.map(({ name }) => name));
const draw = throttled(() => {
  const states = runs.map(({ store }) => store.get());
  const { clock_us, end_us, isPlaying, isSeeking, isWaiting, speed } = player.state();
  document.body.classList.toggle("is-seeking", isSeeking);
  const all = keysOfAll(states);
  slots = assignSlots(slots, all, clock_us, ROWS);
  const keys = slots.map((slot) => slot.key);
  page.classList.toggle("has-few-keys", keys.length <= FEW_KEYS);
  runs.forEach((run, index) => showRun(run, states[index], states[0], keys, clock_us));
  const from_us = runs[0].end.run?.started_us ?? 0;
  page.style.setProperty("--at", String(end_us ? clock_us / end_us : 0));
  bar.show({
    live: runs[0].end,
    from_us,
    to_us: from_us + end_us,
    cursor_us: clock_us >= end_us ? null : from_us + clock_us,
    isPlaying,
    isWaiting,
    isOver: true,
    speed,
  });
}, DRAW_EVERY_MS);

/** @param {Run} run @param {State} state @param {State} first @param {string[]} keys @param {number} clock_us */
function showRun(run, state, first, keys, clock_us) {
  if (!state.run || !first.run) return;
  run.matrix.show(withRowsFor(state, keys), state.run.started_us + clock_us);
  const unlike = run === runs[0] ? new Set() : differences(first, state, keys);
  for (const row of run.panel.querySelectorAll("tbody tr")) {
    const key = row.querySelector(".key-name")?.getAttribute("title");
    [...row.querySelectorAll(".cell-box")].forEach((box, index) => {
      const isUnlike = unlike.has(`${key} ${state.replicas[index]}`);
      box.classList.toggle("is-unlike", isUnlike);
      setAttribute(box, "data-unlike", isUnlike ? texts.compare.cell(runs[0].name) : null);
    });
  }
  if (run === runs[0]) return;
  const note = find(".compare-unlike", run.panel);
  note.classList.toggle("is-unlike", unlike.size > 0);
  const { agree, differ } = texts.compare;
  setText(note, unlike.size ? differ(unlike.size, runs[0].name) : agree(runs[0].name));
}

/** The end of each run, as far as it has come, and what was found in it. */
async function look() {
  const known = () => runs.map(({ figures }) => figures);
  const goingOn = () => runs.filter(({ end }) => !isOver(end.run?.state)).length;
  await Promise.all(
    runs.filter(({ end }) => !isOver(end.run?.state)).map(async (run) => {
      const { frames } = await asked(`${run.about.past}at?us=${NEVER_US}`);
      run.end = reduce(EMPTY, frames[0]);
    }),
  ).catch(failed);
  await player.look();
  showStrips(runs, player.state().end_us);
  draw();
  price.show(known(), goingOn());
  await Promise.all(
    runs.filter(({ figures }) => !figures).map(async (run) => {
      const found = await asked(run.about.findings);
      if (found.state === "ready") run.figures = found.prices;
      price.show(known(), goingOn());
    }),
  ).catch(failed);
  if (goingOn() || runs.some(({ figures }) => !figures)) setTimeout(look, LOOK_MS);
}

/** @param {string} url */
async function asked(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

function failed() {
  const notice = find("#past-notice");
  setText(notice, texts.compare.failed);
  notice.hidden = false;
}

function toggle() {
  const { isPlaying, clock_us, end_us } = player.state();
  if (!isPlaying && clock_us >= end_us) player.seek(0);
  player.play(!isPlaying);
}

function toggleProjector() {
  const isOn = document.documentElement.classList.toggle("is-projector");
  setAttribute(find("#projector"), "aria-pressed", String(isOn));
}

/** @param {number} by_us */
const move = (by_us) => () => {
  player.seek(player.state().clock_us + by_us);
};
/** @param {1|-1} change */
const changeSpeed = (change) => () => {
  const speed = SPEEDS[SPEEDS.indexOf(player.state().speed) + change];
  if (speed) player.setSpeed(speed);
};

/** @type {Record<string, () => void>} */
const acts = {
  toggle,
  back: move(-1e6),
  forward: move(1e6),
  backFar: move(-5e6),
  forwardFar: move(5e6),
  eventBefore: () => player.step(-1),
  eventAfter: () => player.step(1),
  slower: changeSpeed(-1),
  faster: changeSpeed(1),
  live: () => player.seek(player.state().end_us),
  projector: toggleProjector,
  help: () => sheet.toggle(),
};

const sheet = createKeysSheet(
  /** @type {HTMLDialogElement} */ (find("#keys")),
  find("#keys-open"),
  (action) => action in acts,
);

function writeAddress() {
  const { isPlaying, clock_us, speed } = player.state();
  if (!isOpened || isPlaying) return;
  const search = formatView({
    t_us: clock_us,
    selection: null,
    speed,
    isPlaying: false,
    isProjector: document.documentElement.classList.contains("is-projector"),
    theme: document.documentElement.dataset.theme ?? "",
  }, location.search);
  if (search !== location.search) history.replaceState(history.state, "", `${location.pathname}${search}`);
}

function roll() {
  player.tick(performance.now());
  requestAnimationFrame(roll);
}

async function open() {
  player.setSpeed(opening.speed);
  if (opening.isProjector) toggleProjector();
  if (opening.theme) document.documentElement.dataset.theme = opening.theme;
  await begun();
  await player.seek(opening.t_us ?? 0);
  isOpened = true;
  if (opening.isPlaying) player.play();
}

/** Every run has begun: of one that was only just started, nothing is recorded for a while. */
async function begun() {
  const notice = find("#past-notice");
  while (!(await Promise.all(runs.map(hasBegun))).every(Boolean)) {
    setText(notice, texts.compare.waiting);
    notice.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  notice.hidden = true;
}

/** @param {Run} run */
async function hasBegun({ about }) {
  return (await asked(`${about.past}at?us=0`)).frames.length > 0;
}

find("#projector").addEventListener("click", toggleProjector);
listenToKeys(acts);
requestAnimationFrame(roll);
setInterval(writeAddress, 400);
open().then(look, failed);
