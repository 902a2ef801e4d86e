/**
 * The data of a figure as comma-separated values (RFC 4180). Pure.
 *
 * Names come from strangers, and spreadsheets take some of them for formulas: those get an apostrophe in front.
 *
 * @typedef {string|number|boolean|null} Value
 * @typedef {{columns: string[], rows: Value[][]}} Table
 */

const FORMULA = /^[=+\-@\t\r]/;

/** @param {Table} table */
export function csvOf({ columns, rows }) {
  return [columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

/** @param {Value} value */
function field(value) {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
