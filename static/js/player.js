/**
 * Plays the past of one run, or of several on one clock. Knows neither the page nor the store.
 *
 * Rules
 * 1. The one clock is the time since each run began. A reel that is over stays at its end; for one that goes on the
 *    clock waits.
 * 2. At most one question is under way for each reel; while one is, only the newest wish is remembered. Until it is
 *    answered `isSeeking` holds: what is shown is not of the clock's instant. Pictures of wishes that are no longer the
 *    newest are shown in between, so that whoever drags sees time pass; `leave` lets go of all wishes.
 * 3. Frames are asked for ahead of the clock and handed on when they are due; where they are late, the clock waits.
 *
 * @import {Frame, Snapshot, Delta} from "./types.js"
 *
 * @typedef {{frames: (Snapshot|Delta)[], start_us: number, end_us: number, is_over: boolean}} Answer
 * @typedef {(path: string) => Promise<Answer>} Ask an answer to `at?…` or `frames?…`; rejects if there is none
 *
 * @typedef {object} ReelOptions
 * @property {Ask} ask
 * @property {(frame: Frame) => void} onFrame
 *
 * @typedef {object} PlayerOptions
 * @property {ReelOptions[]} reels
 * @property {() => void} onMove the clock moved, or what it does changed
 * @property {() => void} onEnd it played to the end of all that there is
 * @property {(error: unknown) => void} onError
 */

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
/** How much real time of frames is asked for at once, and when more is. */
const CHUNK_S = 6;
const AHEAD_S = 3;
/** How soon a run that goes on is asked again how far it has come. */
const AGAIN_MS = 700;
/** A frame for every so much real time, within what the server makes. */
const FRAME_US = 50_000;
const STEP_US = { least: 5_000, most: 200_000 };

/** @param {PlayerOptions} options */
export function createPlayer(options) {
  const reels = options.reels.map(createReel);
  let clock_us = 0;
  let speed = 1;
  let isPlaying = false;
  let isWaiting = false;
  /** @type {number|null} what was last played at, by the caller's clock */
  let tickedMs = null;
  /** @type {number|null} */
  let wanted_us = null;
  let isSeeking = false;
  /** How often somebody wanted to be elsewhere: what was found out for an earlier wish is too late. */
  let wishes = 0;

  const endUs = () => Math.max(0, ...reels.map((reel) => reel.length_us()));

  /** Every reel at `wanted_us`, again while wishes come. */
  async function follow() {
    if (isSeeking) return;
    isSeeking = true;
    try {
      while (wanted_us !== null) {
        const at_us = wanted_us;
        await Promise.all(reels.map((reel) => reel.jump(at_us, () => wanted_us !== null)));
        if (wanted_us !== at_us) continue;
        wanted_us = null;
        clock_us = Math.min(clock_us, endUs());
      }
    } catch (error) {
      wanted_us = null;
      isPlaying = false;
      options.onError(error);
    } finally {
      isSeeking = false;
      tickedMs = null;
      options.onMove();
    }
  }

  /** @param {number} at_us */
  function seek(at_us) {
    // How far a run that goes on has come is known when it has answered.
    const isEndKnown = reels.every((reel) => reel.isOver());
    clock_us = Math.max(0, isEndKnown ? Math.min(at_us, endUs()) : at_us);
    wanted_us = clock_us;
    wishes += 1;
    options.onMove();
    return follow();
  }

  /** @param {boolean} [wants] */
  function play(wants = true) {
    if (wants === isPlaying) return;
    isPlaying = wants;
    tickedMs = null;
    options.onMove();
  }

  return {
    state: () => ({
      clock_us,
      speed,
      isPlaying,
      isSeeking,
      isWaiting: isSeeking || isWaiting,
      end_us: endUs(),
    }),
    seek,
    play,
    /** Nobody wants to be anywhere any more: stands still, and shows nothing of what was asked for before. */
    leave() {
      wanted_us = null;
      wishes += 1;
      play(false);
    },
    /** @param {number} newSpeed */
    setSpeed(newSpeed) {
      speed = newSpeed;
      for (const reel of reels) reel.forget();
      options.onMove();
    },
    /** To the next event of any run, or the one before; of one key alone if it is named. @param {1|-1} way @param {string} [key] */
    async step(way, key = "") {
      play(false);
      wishes += 1;
      const mine = wishes;
      try {
        const found = await Promise.all(reels.map((reel) => reel.event(clock_us, way, key)));
        if (mine !== wishes) return;
        await seek(way > 0 ? Math.min(...found) : Math.max(...found));
      } catch (error) {
        options.onError(error);
      }
    },
    /** Learn how far runs that go on have come. */
    look: () => Promise.all(reels.map((reel) => reel.look())).then(options.onMove, options.onError),
    /** The clock goes on to `now_ms`, any clock that runs at the speed of time. @param {number} now_ms */
    tick(now_ms) {
      const passed_ms = tickedMs === null ? 0 : now_ms - tickedMs;
      tickedMs = now_ms;
      if (!isPlaying || isSeeking) return;
      const end_us = endUs();
      const ready_us = Math.min(...reels.map((reel) => reel.ready_us()));
      const next_us = Math.min(clock_us + Math.round(passed_ms * 1000 * speed), ready_us, end_us);
      isWaiting = next_us === ready_us;
      clock_us = Math.max(clock_us, next_us);
      for (const reel of reels) {
        reel.hand(clock_us);
        reel.fill(clock_us, speed, now_ms).catch(options.onError);
      }
      options.onMove();
      if (clock_us >= end_us && end_us > 0 && reels.every((reel) => reel.isDone())) {
        isPlaying = false;
        options.onEnd();
      }
    },
  };
}

/** @param {ReelOptions} options */
function createReel({ ask, onFrame }) {
  /** @type {(Snapshot|Delta)[]} due later, in order */
  let waiting = [];
  let start_us = 0;
  let end_us = 0;
  let seq = 0;
  /** Up to here everything is in `waiting` or was handed on. */
  let until_us = 0;
  let shown_us = 0;
  let isAsking = false;
  let is_over = false;
  let askedMs = -Infinity;
  let generation = 0;

  /** @param {string} path */
  async function answered(path) {
    const answer = await ask(path);
    ({ start_us, end_us, is_over } = answer);
    return answer;
  }

  /** @param {(Snapshot|Delta)} frame */
  function handOn(frame) {
    seq = frame.kind === "snapshot" ? frame.seq : seq + 1;
    onFrame(frame.kind === "snapshot" ? frame : { ...frame, seq });
  }

  /** What was asked ahead is not wanted any more. */
  function forget() {
    waiting = [];
    generation += 1;
    until_us = shown_us;
  }

  return {
    length_us: () => end_us - start_us,
    isOver: () => is_over,
    isDone: () => is_over && !isAsking,
    /** Up to which time of the clock frames are there; a reel that is over never makes the others wait. */
    ready_us: () => (is_over && until_us >= end_us ? Infinity : until_us - start_us),
    forget,
    /** Asks how far it goes by now. */
    look: () => answered(`at?us=${shown_us}`),
    /** @param {number} clock_us @param {() => boolean} isWanted still, once the answer is there */
    async jump(clock_us, isWanted) {
      forget();
      const { frames } = await answered(`at?us=${start_us + clock_us}`);
      if (!frames.length) throw new Error("nothing of this run was recorded yet");
      // What the first answer says of the beginning is not known before it.
      const at = clock_us + start_us;
      const right = frames[0].at_us === Math.min(at, end_us)
        ? frames
        : (await answered(`at?us=${at}`)).frames;
      if (!isWanted()) return;
      handOn(right[0]);
      shown_us = until_us = right[0].at_us;
    },
    /** @param {number} clock_us @param {1|-1} way @param {string} key */
    async event(clock_us, way, key) {
      const about = key ? `&key=${encodeURIComponent(key)}` : "";
      const step = way > 0 ? "next" : "previous";
      const { frames } = await answered(`at?us=${start_us + clock_us}&step=${step}${about}`);
      return frames[0].at_us - start_us;
    },
    /** Hands on what is due. @param {number} clock_us */
    hand(clock_us) {
      const due = waiting.filter((frame) => frame.at_us <= start_us + clock_us);
      waiting = waiting.slice(due.length);
      for (const frame of due) {
        handOn(frame);
        shown_us = frame.at_us;
      }
    },
    /** Asks for more if there is little. @param {number} clock_us @param {number} speed @param {number} now_ms */
    async fill(clock_us, speed, now_ms) {
      const isAtEnd = until_us >= end_us;
      if (isAsking || (isAtEnd && (is_over || now_ms - askedMs < AGAIN_MS))) return;
      if (until_us - start_us - clock_us > AHEAD_S * 1e6 * speed) return;
      isAsking = true;
      askedMs = now_ms;
      const mine = generation;
      try {
        const step_us = Math.round(Math.min(STEP_US.most, Math.max(STEP_US.least, FRAME_US * speed)));
        const to_us = until_us + Math.round(CHUNK_S * 1e6 * speed);
        const { frames } = await answered(
          `frames?from_us=${until_us}&to_us=${to_us}&step_us=${step_us}`,
        );
        if (mine !== generation) return;
        // The first is the picture that is shown already.
        waiting.push(...frames.slice(1));
        until_us = frames[frames.length - 1].at_us;
      } finally {
        isAsking = false;
      }
    },
  };
}
