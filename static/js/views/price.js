/** The price of each run as a table: a row a figure, the best of it marked, a bar for what it is beside the others. */

import { prices, worded } from "../figures/price.js";
import { texts } from "../texts.js";
import { find, h, setText } from "./dom.js";

/** @param {HTMLElement} root @param {string[]} names of the runs */
export function createPrice(root, names) {
  const table = find("table", root);
  const head = find("thead tr", root);
  const body = find("tbody", root);
  head.append(...names.map((name) => {
    const cell = h("th", "price-run", [name]);
    cell.scope = "col";
    return cell;
  }));
  return {
    /** @param {(import("../figures/price.js").Told[]|null)[]} figures @param {number} missing runs that still go on */
    show(figures, missing) {
      const isLooking = figures.some((one) => one === null);
      const rows = prices(figures).map(row);
      body.replaceChildren(...rows);
      table.hidden = !rows.length;
      setText(
        find(".price-note", root),
        missing ? texts.price.pending(missing) : isLooking ? texts.price.looking : "",
      );
    },
  };
}

/** @param {import("../figures/price.js").Price} price */
function row({ id, title, unit, better, source, values, of, best }) {
  const most = Math.max(...values.map((value) => value ?? 0));
  const label = h("th", "price-label", [
    h("span", "price-name", [title]),
    h("span", "price-better", [texts.price.better[better]]),
  ]);
  label.scope = "row";
  label.title = source;
  const cells = values.map((value, index) => {
    const note = of[index] === null || value === null
      ? ""
      : texts.price.of(/** @type {number} */ (of[index]));
    const bar = h("span", "price-bar");
    bar.style.setProperty("--share", String(most && value !== null ? value / most : 0));
    const cell = h("td", best[index] ? "price-value is-best" : "price-value", [
      h("span", "price-number", [worded(value, unit)]),
      h("span", "price-of", [note]),
      ...(best[index] ? [h("span", "price-best", [texts.price.best])] : []),
      bar,
    ]);
    return cell;
  });
  const element = h("tr", "", [label, ...cells]);
  element.dataset.price = id;
  return element;
}
