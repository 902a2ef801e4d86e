/**
 * Time on the run page: wires the player of its past to the store, the bar, the keys and the address.
 *
 * @import {State} from "./types.js"
 */

import { isOver } from "./clock.js";
import { createPlayer, SPEEDS } from "./player.js";
import { texts } from "./texts.js";
import { find, setText } from "./views/dom.js";
import { createKeysSheet, listenToKeys } from "./views/keys_sheet.js";
import { createTimeBar } from "./views/time_bar.js";
import { formatView, parseView } from "./view_url.js";

const NEAR_US = 1_000_000;
const FAR_US = 5_000_000;
/** Who comes this near to the present of a run that goes on is in the present: its history is written a moment later. */
const PRESENT_US = 1_500_000;
const ADDRESS_EVERY_MS = 400;

/**
 * @typedef {ReturnType<import("./shown.js").createStore>} Store
 *
 * @param {object} page
 * @param {HTMLElement} page.root
 * @param {Store} page.store
 * @param {() => number} page.presentUs the recorder's time now
 * @param {{steps: number, step: (change: 1|-1) => void}} page.narration
 * @param {() => void} page.toggleProjector
 */
export function createTimeTravel({ root, store, presentUs, narration, toggleProjector }) {
  const notice = find("#past-notice");
  const isSimulated = root.dataset.engine === "simulated";
  const opening = parseView(location.search);
  let isOpened = false;
  let hasArrived = false;
  let addressMs = 0;

  const startUs = () => store.live().run?.started_us ?? 0;
  const isRunOver = () => isOver(store.live().run?.state);
  const presentEndUs = () => store.live().run?.ended_us ?? presentUs();
  const isPast = () => store.get().cursor_us !== null;

  const player = createPlayer({
    reels: [{ ask, onFrame: store.travel }],
    onMove: moved,
    onEnd: live,
    onError() {
      setText(notice, texts.past.failed);
      notice.hidden = false;
      live();
    },
  });
  // Other views move the one cursor as well; the player goes where it is.
  store.subscribe(({ cursor_us }, before) => {
    if (cursor_us === before.cursor_us) return;
    showSeeking();
    if (cursor_us === null) return;
    const { clock_us, isSeeking } = player.state();
    // Who comes from the present sees the present until a picture is asked for, also where the player stood before.
    if (cursor_us - startUs() === clock_us && (before.cursor_us !== null || isSeeking)) return;
    player.play(false);
    player.seek(cursor_us - startUs());
  });
  const bar = createTimeBar(find("#time"), find("#past"), {
    toggle,
    seek,
    step: (way) => step(way),
    setSpeed,
    live,
  });
  const sheet = createKeysSheet(
    /** @type {HTMLDialogElement} */ (find("#keys")),
    find("#keys-open"),
    (action) => narration.steps > 0 || !action.startsWith("narration"),
  );

  /** @param {string} path */
  async function ask(path) {
    const response = await fetch(`${root.dataset.past}${path}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response.json();
  }

  /** What is shown is not of the instant that the page names: it is dimmed until it is. */
  function showSeeking() {
    const isSeeking = isPast() && player.state().isSeeking;
    document.body.classList.toggle("is-seeking", isSeeking);
    root.setAttribute("aria-busy", String(isSeeking));
  }

  function moved() {
    showSeeking();
    const { clock_us, isPlaying } = player.state();
    if (!isPast()) return;
    const at_us = startUs() + clock_us;
    if (!isRunOver() && isPlaying && at_us > presentUs() - PRESENT_US) live();
    else store.seek(at_us);
  }

  /** @param {number} elapsed_us */
  function seek(elapsed_us) {
    if (store.live().run === null) return;
    notice.hidden = true;
    const end_us = presentEndUs() - startUs();
    const at_us = Math.max(0, Math.min(elapsed_us, end_us));
    player.seek(at_us);
    store.seek(startUs() + at_us);
  }

  function live() {
    player.leave();
    store.seek(null);
  }

  function toggle() {
    if (isPast()) return player.play(!player.state().isPlaying);
    if (!isRunOver()) return seek(presentEndUs() - startUs());
    seek(0);
    return player.play();
  }

  /** @param {1|-1} way */
  function step(way) {
    if (!isPast()) {
      if (way > 0) return;
      player.play(false);
      seek(presentEndUs() - startUs());
    }
    const selection = store.get().selection;
    player.step(way, selection?.kind === "key" ? selection.id : "");
  }

  /** @param {number} by_us */
  function move(by_us) {
    const from_us = isPast() ? player.state().clock_us : presentEndUs() - startUs();
    if (isPast() || by_us < 0) seek(from_us + by_us);
  }

  /** @param {number} speed */
  function setSpeed(speed) {
    player.setSpeed(speed);
    writeAddress();
  }

  /** @param {1|-1} change */
  function changeSpeed(change) {
    const index = SPEEDS.indexOf(player.state().speed) + change;
    if (SPEEDS[index]) setSpeed(SPEEDS[index]);
  }

  /** In a lesson, arrows step through what is told, as clickers do; where one looks at the past, through time. @param {1|-1} way */
  function arrow(way) {
    if (!isPast() && narration.steps) narration.step(way);
    else move(way * NEAR_US);
  }

  /** @type {Record<string, () => void>} */
  const acts = {
    toggle,
    back: () => arrow(-1),
    forward: () => arrow(1),
    backFar: () => move(-FAR_US),
    forwardFar: () => move(FAR_US),
    eventBefore: () => step(-1),
    eventAfter: () => step(1),
    slower: () => changeSpeed(-1),
    faster: () => changeSpeed(1),
    live,
    narrationBack: () => narration.step(-1),
    narrationNext: () => narration.step(1),
    projector: toggleProjector,
    escape: () => store.select(null),
    help: sheet.toggle,
  };
  if (!narration.steps) {
    delete acts.narrationBack;
    delete acts.narrationNext;
  }
  listenToKeys(acts);

  /** What the address says is looked at, once there is something to look at. */
  function open() {
    isOpened = true;
    player.setSpeed(opening.speed);
    if (opening.isProjector) toggleProjector();
    if (opening.theme) document.documentElement.dataset.theme = opening.theme;
    if (opening.selection) store.select(opening.selection);
    const from_us = opening.t_us ?? (isSimulated ? 0 : null);
    if (from_us !== null) seek(from_us);
    if (from_us !== null && opening.isPlaying) player.play();
  }

  function writeAddress() {
    if (!isOpened || player.state().isPlaying || performance.now() - addressMs < ADDRESS_EVERY_MS) return;
    addressMs = performance.now();
    const { selection, cursor_us } = store.get();
    const rootElement = document.documentElement;
    const search = formatView({
      t_us: cursor_us === null ? null : cursor_us - startUs(),
      selection,
      speed: player.state().speed,
      isPlaying: false,
      isProjector: rootElement.classList.contains("is-projector"),
      theme: rootElement.dataset.theme ?? "",
    }, location.search);
    if (search !== location.search) {
      history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
    }
  }

  function roll() {
    player.tick(performance.now());
    requestAnimationFrame(roll);
  }
  requestAnimationFrame(roll);
  setInterval(writeAddress, ADDRESS_EVERY_MS);

  return {
    /** How fast what is shown goes: 1 in the present, 0 where it stands. */
    pace() {
      const { isPlaying, speed } = player.state();
      return !isPast() ? 1 : isPlaying ? speed : 0;
    },
    /** Whether what the address says is there: until then the end of a replay may be, which is nobody's business. */
    hasArrived: () => hasArrived,
    /** @param {State} shown */
    show(shown) {
      const { run } = store.live();
      if (!run) return;
      if (!isOpened) open();
      if (!player.state().isSeeking) hasArrived = true;
      const { isPlaying, isWaiting, speed } = player.state();
      bar.show({
        live: store.live(),
        from_us: run.started_us,
        to_us: presentEndUs(),
        cursor_us: shown.cursor_us,
        isPlaying,
        isWaiting,
        isOver: isRunOver(),
        speed,
      });
    },
  };
}
