/**
 * What is under way at one instant of a run, from a piece of its trace: for a map on which time stands. Pure.
 *
 * @import {Piece} from "../spacetime/trace.js"
 */

import { DELIVERED, DROPPED } from "../spacetime/trace.js";
import { LOST_AT } from "./flow.js";

/** More than this many would only cover each other. */
export const STILL_MAX = 150;

/**
 * @typedef {object} StillDot
 * @property {string} id
 * @property {string} type
 * @property {string} edge source and target, as the map names its edges
 * @property {number} t how far along it is, from 0 to 1
 * @property {number|null} latency_ms `null` for one that will be lost
 */

/**
 * Messages that were sent by `at_us` and are processed or lost after it, within the piece.
 *
 * @param {Pick<Piece, "names"|"at_us"|"kind"|"node"|"what"|"ref"|"other"|"took_us"|"count">} piece that begins at `at_us`
 * @param {number} at_us recorder time
 * @returns {{dots: StillDot[], skipped: number}}
 */
export function underWay(piece, at_us) {
  /** @type {StillDot[]} */
  const dots = [];
  let skipped = 0;
  let then_us = 0;
  for (let i = 0; i < piece.count; i += 1) {
    then_us += piece.at_us[i];
    const kind = piece.kind[i];
    const took_us = piece.took_us[i];
    if ((kind !== DELIVERED && kind !== DROPPED) || then_us <= at_us || then_us - took_us > at_us) continue;
    if (dots.length >= STILL_MAX) {
      skipped += 1;
      continue;
    }
    const name = (/** @type {number} */ place) => piece.names[place] ?? "";
    const gone = at_us - (then_us - took_us);
    const share = took_us ? gone / took_us : 0;
    dots.push({
      id: `${name(piece.ref[i])} ${name(piece.node[i])} ${i}`,
      type: name(piece.what[i]),
      edge: `${name(piece.other[i])} ${name(piece.node[i])}`,
      t: kind === DROPPED ? share * LOST_AT : share,
      latency_ms: kind === DROPPED ? null : took_us / 1000,
    });
  }
  return { dots, skipped };
}
