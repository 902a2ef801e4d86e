/** The room's cost table: one row for each run that was played to its end, and the best of each column marked. */

import { bestOf, worded } from "../figures/price.js";
import { h } from "../views/dom.js";
import { texts } from "./texts.js";

/**
 * @param {HTMLElement} place
 * @param {import("./types.js").RoomFrame} room its columns are the server's, as those of the results' page
 */
export function drawCosts(place, { columns, played, lesson }) {
  const rows = pairOf(played, lesson?.scenario ?? "");
  const drawn = JSON.stringify(rows);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.hidden = !rows.length;
  const head = h("tr", "", [cell("th", texts.costPlayed), ...columns.map(({ title }) => cell("th", title))]);
  const body = rows.map((one) => {
    const name = cell("th", one.title);
    name.setAttribute("scope", "row");
    name.append(h("span", "muted", [` ${one.is_fix ? `${texts.fixed}: ` : ""}${one.design}`]));
    const cells = columns.map(({ id, unit, better }) => {
      const values = rows.map((row) => row.figures[id] ?? null);
      const at = rows.indexOf(one);
      const isBest = rows.length > 1 && bestOf(values, better)[at];
      return h("td", isBest ? "is-best" : "", [worded(values[at], unit)]);
    });
    const row = h("tr", one.is_fix ? "is-fix" : "", [name, ...cells]);
    return row;
  });
  const table = h("table", "cost-table", [h("thead", "", [head]), h("tbody", "", body)]);
  place.replaceChildren(table);
}

/** The last run of a lesson and the last of its fix. @param {import("./types.js").Played[]} played @param {string} scenario */
export function pairOf(played, scenario) {
  const last = [...played].reverse();
  const broken = last.find((one) => one.scenario === scenario && !one.is_fix);
  const fixed = last.find((one) => one.scenario === scenario && one.is_fix);
  return [broken, fixed].filter((one) => one !== undefined);
}

/** @param {"th"|"td"} tag @param {string} text */
function cell(tag, text) {
  return h(tag, "", [text]);
}
