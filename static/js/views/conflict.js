/**
 * One conflict as its biography: authors and what they knew, the rule, field by field, and what came of it elsewhere.
 *
 * @import {Author, Conflict, FieldRow} from "../conflicts.js"
 */

import { runTime } from "../format.js";
import { conflictTexts as texts } from "../spacetime/texts.js";
import { h } from "./dom.js";

/** @param {Conflict} conflict @param {number} started_us @returns {HTMLElement[]} */
export function biography(conflict, started_us) {
  const { text, authors, more, rule, fields, meetings } = conflict;
  const others = meetings.slice(1);
  return [
    h("p", "conflict-text", [text]),
    h("ol", "conflict-authors", [
      ...authors.map((author) => authorCard(author, conflict, started_us)),
      ...(more > 0 ? [h("li", "conflict-more", [texts.more(more)])] : []),
    ]),
    h("p", "conflict-rule", [h("span", "conflict-rule-word", [texts.rule]), rule]),
    fieldTable(fields, authors),
    ...(others.length
      ? [
        h("h4", "", [texts.elsewhereTitle]),
        h(
          "ul",
          "conflict-meetings",
          others.map(({ node, outcome, after }) =>
            h("li", "", [texts.elsewhere(node, texts.outcome[outcome] ?? outcome, after)])
          ),
        ),
      ]
      : []),
  ];
}

/** @param {Author} author @param {Conflict} conflict @param {number} started_us */
function authorCard(author, { lost, lost_for_good, update }, started_us) {
  const { who, did, what, node, at_us, knew, knew_more, by } = author;
  const wrote = who ? texts.wrote(who, did, what) : texts.service(short(author.update));
  const fate = lost_for_good.includes(author.update)
    ? texts.fate.forGood
    : lost.includes(author.update)
    ? texts.fate.lost
    : "";
  const card = h("li", "conflict-author", [
    h("p", "conflict-wrote", [wrote]),
    h("p", "conflict-where", [texts.where(author.update, node, runTime(at_us - started_us))]),
    h("p", "conflict-knew", [knew ? texts.knew(knew, knew_more) : texts.knewUnknown]),
    ...(by === "replica" && knew?.length ? [h("p", "conflict-by", [texts.knewByReplica])] : []),
    ...(fate ? [h("p", "conflict-fate", [fate])] : []),
  ]);
  card.classList.toggle("is-lost", fate !== "");
  card.classList.toggle("is-arriving", author.update === update);
  return card;
}

/** @param {FieldRow[]} fields @param {Author[]} authors */
function fieldTable(fields, authors) {
  const head = [
    texts.field,
    texts.before,
    ...authors.map(({ who, update }) => who || short(update)),
    texts.after,
  ];
  const rows = fields.map(({ field, before, after, wrote, change }) => {
    const row = h("tr", "", [
      h("th", "", [field]),
      h("td", "", [before]),
      ...authors.map(({ update }) => h("td", "conflict-wish", [wrote[update] ?? ""])),
      h("td", "conflict-after", [after]),
    ]);
    row.dataset.change = change;
    find(row).setAttribute("scope", "row");
    return row;
  });
  const titles = head.map((title) => {
    const cell = h("th", "", [title]);
    cell.setAttribute("scope", "col");
    return cell;
  });
  const table = h("table", "conflict-fields", [
    h("thead", "", [h("tr", "", titles)]),
    h("tbody", "", rows),
  ]);
  const scroll = h("div", "conflict-scroll", [table]);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", texts.fields);
  return scroll;
}

/** @param {HTMLElement} row */
function find(row) {
  return /** @type {HTMLElement} */ (row.firstElementChild);
}

/** An update without its key. @param {string} update */
function short(update) {
  return update.slice(Math.max(update.lastIndexOf("@"), update.lastIndexOf(":")) + 1);
}
