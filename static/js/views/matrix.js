/**
 * The replica matrix on the page: a table whose columns look like panels. Cells are kept and rewritten, not made anew.
 *
 * @import {State} from "../types.js"
 * @import {Slot, Column, Row, Cell} from "../figures/matrix.js"
 */

import { isOver } from "../clock.js";
import { assignSlots, matrixModel, withSelected } from "../figures/matrix.js";
import { shortName } from "../format.js";
import { texts } from "../texts.js";
import { createCellReader } from "./cell_reader.js";
import { find, h, setAttribute, setText } from "./dom.js";

/** With more replicas than this a cell shows its colour and pattern, and its words on hover. */
const WORDY_REPLICAS_MAX = 8;
/** From this many replicas on, and in columns narrower than this, heads say the same in fewer words. */
const DENSE_REPLICAS = 4;
const COLUMN_REM = 9.5;
const KEY_LETTERS_MAX = 14;
/** With few keys their rows are as high as there is room, within these bounds, and a value has lines. */
const ROW_REM = { least: 2.75, most: 6.5, line: 1.3, padding: 0.8 };
const HEAD_REM = 4.9;
/** Values up to this long are set large in a high row; from this long on a value may not fit its cell. */
const SHORT_LETTERS_MAX = 6;
const LONG_LETTERS = 14;

/**
 * @param {HTMLElement} root
 * @param {() => void} resized asks for another `show`: there is room for other rows
 * @param {{assign?: typeof assignSlots, onFind?: () => void}} [more] which keys are shown where (several matrices side by
 *   side have one answer for all); and what opens a list of all keys
 */
export function createMatrix(root, resized, { assign = assignSlots, onFind } = {}) {
  const table = find("table", root);
  const head = find("thead tr", table);
  const body = find("tbody", table);
  const empty = find(".empty", root);
  const summary = find(".matrix-summary", root);
  const more = find(".matrix-more", root);
  const moreText = h("span");
  more.append(moreText);
  if (onFind) {
    const opener = h("button", "matrix-find", [texts.keyList.find]);
    opener.type = "button";
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", onFind);
    more.append(" ", opener);
  }
  /** @type {Slot[]} */
  let slots = [];
  let replicasShown = "";
  let rows = rowsThatFit(root);
  let room = roomFor(root);
  let rowHeightShown = "";
  let isTerse = false;
  const reader = createCellReader(root);
  /** @type {ReadonlySet<string>} */
  let lookedAt = new Set();
  new ResizeObserver(() => {
    rows = rowsThatFit(root);
    room = roomFor(root);
    isTerse = isTight(root, head.childElementCount - 1);
    resized();
  }).observe(find(".matrix-scroll", root));

  /** @param {string[]} replicas */
  function rebuild(replicas) {
    replicasShown = replicas.join("\n");
    head.replaceChildren(find("th", head), ...replicas.map(headCell));
    body.replaceChildren();
    root.classList.toggle("is-compact", replicas.length > WORDY_REPLICAS_MAX);
    root.classList.toggle("is-dense", replicas.length >= DENSE_REPLICAS);
    isTerse = isTight(root, replicas.length);
  }

  /** @param {number} count */
  function fitRows(count) {
    while (body.childElementCount > count) body.lastElementChild?.remove();
    while (body.childElementCount < count) body.append(emptyRow(head.childElementCount - 1));
  }

  /** Written only when it changes: all cells follow. @param {number} count */
  function showRowHeight(count) {
    const wanted = `${room} ${count}`;
    if (wanted === rowHeightShown) return;
    rowHeightShown = wanted;
    setRowHeight(root, room, count);
  }

  return {
    /** @param {State} state @param {number} now_us */
    show(state, now_us) {
      if (state.replicas.join("\n") !== replicasShown) rebuild(state.replicas);
      slots = withSelected(assign(slots, state.keys, now_us, rows), state, now_us);
      const model = matrixModel(state, slots, now_us);
      fitRows(model.rows.length);
      showRowHeight(model.rows.length);
      model.columns.forEach((column, index) => showHead(head.children[index + 1], column, isTerse));
      model.rows.forEach((row, index) => {
        showRow(body.children[index], row);
        body.children[index].classList.toggle("is-looked-at", lookedAt.has(row.key));
      });
      reader.refresh();
      empty.hidden = model.rows.length > 0;
      table.hidden = model.rows.length === 0;
      setText(moreText, model.hidden > 0 ? texts.moreKeys(model.hidden) : "");
      more.hidden = model.hidden <= 0;
      showSummary(summary, model, isOver(state.run?.state));
    },
    /** The keys that somebody points at, from the next `show` on. @param {ReadonlySet<string>} keys */
    lookAt(keys) {
      lookedAt = keys;
    },
  };
}

/** What there is for rows, in rem. @param {HTMLElement} root */
function roomFor(root) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return find(".matrix-scroll", root).clientHeight / rem - HEAD_REM;
}

/** @param {HTMLElement} root @param {number} room in rem @param {number} rows */
function setRowHeight(root, room, rows) {
  const wanted = Math.max(ROW_REM.least, Math.min(ROW_REM.most, room / Math.max(4, rows)));
  const height = wanted < 2 * ROW_REM.line + ROW_REM.padding ? ROW_REM.least : Math.floor(wanted * 4) / 4;
  const lines = Math.max(1, Math.floor((height - ROW_REM.padding) / ROW_REM.line));
  root.classList.toggle("is-roomy", lines > 1);
  root.style.setProperty("--row-height", `${height}rem`);
  root.style.setProperty("--row-lines", String(lines));
}

/** How many rows there is room for: the panel's height decides, within reason. @param {HTMLElement} root */
function rowsThatFit(root) {
  return Math.max(6, Math.min(24, Math.floor(roomFor(root) / ROW_REM.least)));
}

/** @param {HTMLElement} root @param {number} replicas */
function isTight(root, replicas) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const room = find(".matrix-scroll", root).clientWidth / rem - 5;
  return replicas >= DENSE_REPLICAS || room / Math.max(1, replicas) < COLUMN_REM;
}

/** @param {HTMLElement} summary @param {ReturnType<typeof matrixModel>} model @param {boolean} isPast */
function showSummary(summary, { rows, columns, diverged }, isPast) {
  summary.hidden = rows.length === 0;
  summary.classList.toggle("is-hot", diverged > 0);
  setText(
    summary,
    diverged > 0 ? texts.disagree(diverged, isPast) : columns.length > 1 ? texts.allAgree : texts.oneReplica,
  );
}

/** @param {string} replica */
function headCell(replica) {
  const cell = h("th", "replica-head", [h("span", "replica-name", [replica]), h("span", "replica-lag")]);
  cell.scope = "col";
  cell.title = replica;
  return cell;
}

/** @param {number} replicas */
function emptyRow(replicas) {
  const name = h("button", "key-name");
  name.type = "button";
  const key = h("th", "key-cell", [name]);
  key.scope = "row";
  const cells = Array.from({ length: replicas }, () =>
    h("td", "cell", [
      h("div", "cell-size", [
        h("div", "cell-box", [h("span", "cell-label"), h("span", "cell-detail"), h("span", "cell-behind")]),
      ]),
    ]));
  return h("tr", "", [key, ...cells]);
}

/** @param {Element} cell @param {Column} column @param {boolean} isTerse */
function showHead(cell, { behind, differs, lag_ms }, isTerse) {
  const lags = behind > 0 || differs > 0;
  cell.classList.toggle("is-behind", lags);
  const behindWords = isTerse ? texts.behindShort : texts.behindFor;
  const differsWords = isTerse ? texts.differsShort : texts.differs;
  const lag = behind > 0 ? behindWords(behind, lag_ms) : differsWords(differs, lag_ms);
  setText(find(".replica-lag", cell), lags ? lag : texts.inStep);
}

/** @param {Element} element @param {Row} row */
function showRow(element, row) {
  element.classList.toggle("is-diverged", row.diverged);
  element.classList.toggle("is-new", row.is_new);
  const name = find(".key-name", element);
  setText(name, shortName(row.key, KEY_LETTERS_MAX));
  setAttribute(name, "title", row.key);
  row.cells.forEach((cell, index) => showCell(element.children[index + 1], cell));
}

/** @param {Element} element @param {Cell} cell */
function showCell(element, cell) {
  const box = find(".cell-box", element);
  setAttribute(box, "data-tone", cell.tone);
  box.classList.toggle("is-behind", cell.behind > 0);
  box.classList.toggle("is-different", cell.differs);
  setText(find(".cell-label", box), cell.unlike ? `${cell.label} ≠` : cell.label);
  setText(find(".cell-detail", box), cell.unlike ? texts.otherIn(cell.unlike) : cell.detail);
  box.classList.toggle("is-unlike-inside", cell.unlike !== "");
  setText(find(".cell-behind", box), cell.behind > 0 ? `−${cell.behind}` : "");
  const behind = cell.behind > 0 ? `, ${texts.behind(cell.behind)}` : "";
  const unlike = cell.unlike ? `, ${texts.otherIn(cell.unlike)}` : "";
  const full = `${cell.replica}: ${cell.full ?? cell.label} ${cell.detail}${unlike}${behind}`;
  const isLong = cell.full !== undefined || cell.label.length >= LONG_LETTERS;
  box.classList.toggle("is-short", cell.label.length <= SHORT_LETTERS_MAX);
  setAttribute(box, "data-full", isLong ? full : null);
  setAttribute(box, "tabindex", isLong ? "0" : null);
  setAttribute(box, "title", isLong ? null : full);
}
