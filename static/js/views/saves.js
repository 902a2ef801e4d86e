/**
 * The menus by which what is no chart is saved: the map and the replicas as numbers, the space-time diagram as a picture.
 *
 * @import {State} from "../types.js"
 */

import { replicasTable, servicesTable } from "../figures/tables.js";
import { find, h } from "./dom.js";
import { addSaveMenu, csvBlob } from "./save_menu.js";
import { readTheme } from "./theme.js";

/** @param {() => State} getState */
export function createSaves(getState) {
  add("#map", "services", { csv: () => csvBlob(servicesTable(getState())) });
  add("#matrix", "replicas", { csv: () => csvBlob(replicasTable(getState())) });
  saveSpacetime();
}

/** As it stands there. */
export function saveSpacetime() {
  add("#spacetime", "space-time", {
    png: () => {
      const shown = /** @type {HTMLCanvasElement} */ (find("#spacetime canvas"));
      const copy = h("canvas");
      [copy.width, copy.height] = [shown.width, shown.height];
      const pen = /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d"));
      pen.fillStyle = readTheme().surface;
      pen.fillRect(0, 0, copy.width, copy.height);
      pen.drawImage(shown, 0, 0);
      return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
    },
  });
}

/** @param {string} panel @param {string} name @param {Record<string, () => Blob|null|Promise<Blob|null>>} formats */
function add(panel, name, formats) {
  const root = find(panel);
  addSaveMenu(find(".chart-save", root), name, find("h2", root).textContent ?? "", formats);
}
