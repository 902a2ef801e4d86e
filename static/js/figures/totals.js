/**
 * The strip of totals as data: what is counted, its value as text, and whether it is something to worry about. Pure.
 *
 * @import {Totals} from "../types.js"
 */

import { count, duration, NOTHING, percent } from "../format.js";
import { texts } from "../texts.js";

/** @typedef {{id: string, label?: string, text: string, note: string, is_hot: boolean}} Total */

/**
 * @param {Totals|null} totals
 * @param {number} elapsed_us
 * @param {number} diverged_now keys whose values differ now
 * @param {boolean} [is_over] then "now" is the end
 * @param {string} [subject] what the keys are
 * @returns {Total[]}
 */
export function totalsModel(totals, elapsed_us, diverged_now, is_over = false, subject = "order") {
  if (!totals) return ["placed", "settled", "diverged", "share", "window", "emails", "lost"].map(empty);
  const share = elapsed_us > 0 ? Math.min(1, totals.diverged_us_all / elapsed_us) : 0;
  const isHot = diverged_now > 0;
  const note = texts.totals;
  const windows = totals.windows_closed + totals.windows_open;
  return [
    total("placed", count(totals.updates_begun), note.placed(totals)),
    total(
      "settled",
      count(totals.keys_settled),
      subject === "order" ? note.settled(totals) : note.inAgreement,
    ),
    {
      ...total("diverged", count(diverged_now), note.windows(windows, is_over), isHot),
      label: texts.divergedKeys(is_over),
    },
    total("share", percent(share), is_over ? note.shareAtEnd : note.share, isHot),
    total("window", duration(totals.window_ms_p99), note.median(totals.window_ms_p50)),
    subject === "order"
      ? total("emails", count(totals.emails), note.reads(totals.reads))
      : total("emails", count(totals.reads), note.byClients),
    total(
      "lost",
      count(totals.messages_dropped),
      note.deliveries(totals.messages_delivered + totals.messages_dropped),
    ),
  ];
}

/** @param {string} id @param {string} text @param {string} note @param {boolean} [is_hot] @returns {Total} */
function total(id, text, note, is_hot = false) {
  return { id, text, note, is_hot };
}

/** @param {string} id @returns {Total} */
function empty(id) {
  return total(id, NOTHING, "");
}
