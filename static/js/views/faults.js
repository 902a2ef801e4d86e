/**
 * The list of faults below the map: what is broken, since when, and what that touched; the presenter heals from here.
 *
 * @import {State} from "../types.js"
 */

import { isOver } from "../clock.js";
import { faultTexts } from "../fault_texts.js";
import { faultList } from "../figures/faults.js";
import { find, h, setAttribute, setText } from "./dom.js";

/** @param {HTMLElement} root @param {((id: string) => Promise<void>)|null} onHeal `null`: whoever looks only looks */
export function createFaults(root, onHeal) {
  const list = find("ol", root);
  const more = find(".faults-more", root);
  const rerun = root.querySelector("[data-rerun]");
  /** @type {Map<string, HTMLElement>} */
  const rowOf = new Map();

  /** @param {ReturnType<typeof faultList>["rows"][number]} row */
  function element({ id, label }) {
    const made = h("li", "fault", [
      h("span", "fault-mark"),
      h("span", "fault-label", [label]),
      h("span", "fault-when"),
      h("span", "fault-touched"),
    ]);
    made.firstElementChild?.setAttribute("aria-hidden", "true");
    if (onHeal) {
      const button = h("button", "button fault-heal", [faultTexts.heal]);
      button.type = "button";
      button.setAttribute("aria-label", faultTexts.healOne(label));
      button.addEventListener("click", async () => {
        button.setAttribute("aria-busy", "true");
        await onHeal(id);
        button.removeAttribute("aria-busy");
      });
      made.append(button);
    }
    return made;
  }

  return {
    /** @param {State} state @param {number} now_us */
    show(state, now_us) {
      const { run } = state;
      if (!run) return;
      const over = isOver(run.state);
      const until_us = over ? run.ended_us ?? now_us : now_us;
      const { rows, more: left } = faultList(state.faults, {
        started_us: run.started_us,
        now_us: until_us,
        isOver: over,
      });
      root.hidden = !rows.length && (over || !onHeal);
      for (const [id, made] of rowOf) {
        if (rows.some((row) => row.row === id)) continue;
        made.remove();
        rowOf.delete(id);
      }
      rows.forEach((row, index) => {
        const made = rowOf.get(row.row) ?? element(row);
        rowOf.set(row.row, made);
        if (list.children[index] !== made) list.insertBefore(made, list.children[index] ?? null);
        made.classList.toggle("lasts", row.lasts);
        made.classList.toggle("is-nothing", row.isNothing);
        setText(find(".fault-when", made), row.when);
        setText(find(".fault-touched", made), row.touched);
        setAttribute(find(".fault-touched", made), "title", row.kinds || null);
        const button = made.querySelector("button");
        if (button) button.hidden = !row.lasts;
      });
      setText(
        more,
        !rows.length ? `${faultTexts.none} ${faultTexts.howTo}` : left ? faultTexts.more(left) : "",
      );
      if (rerun instanceof HTMLElement) rerun.hidden = !over || !rows.length;
    },
  };
}
