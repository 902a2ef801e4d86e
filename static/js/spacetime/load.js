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
 * @returns {() => void} stops it
 */
export function load(url, { onPiece, onFailed, from_us = "" }) {
  let isStopped = false;
  let failures = 0;
  let cursor = "";
  /** @type {number|undefined} */
  let timer;

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
    if (isStopped) return;
    if (!piece) {
      failures += 1;
      if (failures >= FAILURES_MAX) return onFailed();
      timer = setTimeout(ask, AGAIN_MS * failures);
      return;
    }
    failures = 0;
    if (piece.next) cursor = piece.next;
    if (!onPiece(piece)) return;
    if (piece.more) timer = setTimeout(ask, 0);
    else if (!piece.ended) timer = setTimeout(ask, AGAIN_MS);
  }

  ask();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
