/**
 * Fetches the trace piece by piece, and goes on asking while the run goes on.
 *
 * @import {Piece} from "./trace.js"
 */

const AGAIN_MS = 1_500;
const FAILURES_MAX = 5;

/**
 * @param {string} url
 * @param {{onPiece: (piece: Piece) => boolean, onFailed: () => void, from_us?: string}} to `onPiece` says whether to go on
 */
export function load(url, { onPiece, onFailed, from_us = "" }) {
  let isPaused = false;
  let isWaiting = false;
  let failures = 0;
  let cursor = "";

  /** @param {number} ms */
  function soon(ms) {
    setTimeout(() => {
      if (isPaused) isWaiting = true;
      else ask();
    }, ms);
  }

  async function ask() {
    const query = new URLSearchParams(cursor ? { cursor } : from_us ? { from_us } : {});
    /** @type {Piece|null} */
    let piece = null;
    try {
      const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
      if (response.ok) piece = await response.json();
    } catch {
      piece = null;
    }
    if (!piece) {
      failures += 1;
      return failures >= FAILURES_MAX ? onFailed() : soon(AGAIN_MS * failures);
    }
    failures = 0;
    if (piece.next) cursor = piece.next;
    if (!onPiece(piece)) return undefined;
    if (piece.more) soon(0);
    else if (!piece.ended) soon(AGAIN_MS);
    return undefined;
  }

  ask();
  return {
    /** Nobody can see it: nothing is asked for until somebody can. @param {boolean} pauses */
    pause(pauses) {
      isPaused = pauses;
      if (pauses || !isWaiting) return;
      isWaiting = false;
      ask();
    },
  };
}
