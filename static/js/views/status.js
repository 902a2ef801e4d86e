/**
 * What state things are in: the connection, the run, and notices ("this page fell behind").
 *
 * @import {State} from "../types.js"
 * @import {Status} from "../socket.js"
 */

import { isOver } from "../clock.js";
import { duration, runTime } from "../format.js";
import { texts } from "../texts.js";
import { find, setAttribute, setText } from "./dom.js";

/** A running run that sends nothing for this long is said to be quiet. */
const QUIET_MS = 3_000;
const NOTICE_MS = 8_000;
/** A run whose last instance has just left may be ending; only after this long nobody seems to work. */
const ABANDONED_MS = 5_000;

/** @param {ParentNode} page */
export function createStatus(page) {
  const connection = find(".connection", page);
  const connectionText = find(".connection-text", connection);
  const chip = find("#run-state", page);
  const clock = find("#run-clock", page);
  const banner = find("#banner", page);
  const notice = find("#notice", page);
  const quiet = find("#run-quiet", page);
  let noticeUntilMs = 0;
  /** @type {State["caught_up"]} */
  let noticed = null;
  let workedMs = performance.now();

  return {
    /** @param {Status} status @param {number} quiet_ms since the last frame */
    showConnection(status, quiet_ms) {
      setAttribute(connection, "data-state", status.name);
      setText(connectionText, connectionWords(status, quiet_ms));
    },
    /** @param {State} state @param {number} now_us @param {string} [present] the run's state in the present: a replay is of a run that is over */
    showRun(state, now_us, present) {
      document.body.classList.toggle("is-refused", state.refusal !== null && state.run === null);
      if (state.refusal) return showBanner(banner, "bad", state.refusal.text, state.refusal.remedy);
      if (!state.run) return undefined;
      const { run } = state;
      const words = texts.runState[run.state] ?? { label: run.state, text: "" };
      const chipState = present ?? run.state;
      setAttribute(chip, "data-state", chipState);
      setText(chip, texts.runState[chipState]?.label ?? chipState);
      const until = run.ended_us ?? now_us;
      setText(clock, runTime(until - run.started_us));
      document.body.classList.toggle("is-over", isOver(run.state));
      if (!isAbandoned(state)) workedMs = performance.now();
      if (performance.now() - workedMs > ABANDONED_MS) {
        showBanner(banner, "bad", texts.nobodyWorks, texts.startAWorker);
      } else if (run.state === "failed") showBanner(banner, "bad", words.text, run.reason);
      else banner.hidden = true;
      // What is in order is said where there is room for it: nothing moves because a run begins or ends.
      setText(quiet, run.state === "failed" ? "" : [words.text, run.reason].filter(Boolean).join(" "));
      return undefined;
    },
    /** @param {State} state */
    showNotice(state) {
      const now = Date.now();
      if (state.caught_up !== noticed) {
        noticed = state.caught_up;
        const text = noticed ? texts.caughtUp(noticed.reason, noticed.frames_skipped) : "";
        if (text) {
          setText(notice, text);
          noticeUntilMs = now + NOTICE_MS;
        }
      }
      notice.hidden = now > noticeUntilMs;
    },
  };
}

/** Whether a run goes on and no instance of any node is alive or about to be. @param {State} state */
export function isAbandoned(state) {
  const goesOn = state.run?.state === "running" || state.run?.state === "draining";
  return goesOn && state.instances.length > 0 &&
    state.instances.every((instance) => instance.state === "dead");
}

/** @param {Status} status @param {number} quiet_ms */
function connectionWords(status, quiet_ms) {
  if (status.name === "reconnecting" && status.retry_at_ms !== null) {
    const seconds = Math.ceil((status.retry_at_ms - Date.now()) / 1000);
    return seconds > 0 ? texts.retryIn(seconds) : texts.connection.reconnecting;
  }
  if (status.name === "live" && quiet_ms > QUIET_MS) {
    return texts.quietFor(duration(Math.floor(quiet_ms / 1000) * 1000));
  }
  return texts.connection[status.name];
}

/** @param {HTMLElement} banner @param {string} tone @param {string} text @param {string} more */
function showBanner(banner, tone, text, more) {
  banner.hidden = !text && !more;
  setAttribute(banner, "data-tone", tone);
  setText(find(".banner-text", banner), text);
  setText(find(".banner-more", banner), more);
}
