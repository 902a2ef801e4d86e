/**
 * The runs of the same seed: what this run mends or was forked of, and what came of it. A quiet socket says when there is
 * another one; it outlives the run, for most fixes are run when the broken one is over.
 *
 * @typedef {{id: string, relation: string, title: string, url: string, beside: string, changes: string[]}} Relative
 */

import { backoffMs } from "../backoff.js";
import { texts } from "../texts.js";
import { h } from "./dom.js";

/** @param {HTMLElement} list */
export function createRelatives(list) {
  let attempt = 0;

  async function ask() {
    try {
      const response = await fetch(list.dataset.url ?? "", { headers: { Accept: "application/json" } });
      if (response.ok) show((await response.json()).relatives);
    } catch {
      /* The socket will have been lost as well; when it is back, this is asked again. */
    }
  }

  /** @param {Relative[]} relatives */
  function show(relatives) {
    const known = new Set([...list.querySelectorAll("a")].map((link) => link.getAttribute("href")));
    list.replaceChildren(...relatives.map((relative) => item(relative, !known.has(relative.url))));
  }

  function listen() {
    const url = new URL(list.dataset.socket ?? "", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.onopen = () => {
      if (attempt) ask();
      attempt = 0;
    };
    socket.onmessage = ask;
    socket.onclose = () => setTimeout(listen, backoffMs(++attempt, Math.random));
  }
  listen();
}

/** @param {Relative} relative @param {boolean} isNew */
function item({ id, relation, title, url, beside, changes }, isNew) {
  const run = h("a", "", [`${title} (${id})`]);
  run.href = url;
  const both = h("a", "relative-beside", [texts.sideBySide]);
  both.href = beside;
  const entry = h("li", isNew ? "is-new" : "", [
    h("span", "relative-word", [texts.relation[relation] ?? relation]),
    " ",
    run,
    " ",
    ...(changes.length ? [h("span", "relative-changes", [changes.join("; ")]), " "] : []),
    both,
  ]);
  entry.dataset.relation = relation;
  return entry;
}
