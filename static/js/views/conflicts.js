/**
 * The conflicts of a run: asked for as soon as it is over, for their marks belong on the timeline; sooner by a click, and
 * on the presenter's page again and again while it goes on. Each selects itself on the whole page.
 *
 * @import {Selection} from "../types.js"
 * @import {Conflict, Conflicts, Marks} from "../conflicts.js"
 */

import { isOver } from "../clock.js";
import { askForConflicts } from "../conflicts.js";
import { runTime } from "../format.js";
import { conflictTexts as texts } from "../spacetime/texts.js";
import { biography } from "./conflict.js";
import { find, h, setAttribute, setText } from "./dom.js";

const AFTER_THE_PAGE_MS = 600;
const FOLLOW_MS = 5_000;

/**
 * @param {HTMLElement} root
 * @param {object} to
 * @param {(selection: Selection|null) => void} to.onSelect
 * @param {(marks: Marks|null, conflicts: Conflict[]) => void} to.onFound
 * @param {boolean} isFollowed whether marks are wanted while the run goes on
 */
export function createConflicts(root, { onSelect, onFound }, isFollowed) {
  const note = find(".conflicts-note", root);
  const look = /** @type {HTMLButtonElement} */ (find(".conflicts-look", root));
  const filter = find(".conflicts-filter", root);
  const body = find(".conflicts-body", root);
  const list = find(".conflicts-list", root);
  const told = find(".conflict", root);
  const empty = find(".conflicts-empty", root);
  /** @type {Conflicts} */
  let found = { state: "none" };
  let outcome = "";
  let chosen = "";
  let isAsked = false;
  /** @type {string|undefined} */
  let runState;

  look.addEventListener("click", () => ask());
  setText(note, texts.waiting);
  setText(look, texts.look);
  if (isFollowed) setInterval(follow, FOLLOW_MS);

  /** The page first: what it shows comes from frames, and this from the whole history. */
  function askIfOver() {
    if (isAsked || !isOver(runState)) return;
    isAsked = true;
    setTimeout(ask, AFTER_THE_PAGE_MS);
  }

  /** The marks of a run that goes on; the list is told by the button, so that nothing moves while somebody reads. */
  async function follow() {
    if (document.hidden || isOver(runState) || runState === undefined) return;
    const answer = await askForConflicts(root.dataset.url ?? "");
    if (answer?.state === "ready" && !isOver(runState)) onFound(answer.marks ?? null, answer.conflicts ?? []);
  }

  async function ask() {
    isAsked = isOver(runState);
    look.disabled = true;
    setText(note, texts.looking);
    const answer = await askForConflicts(root.dataset.url ?? "");
    look.disabled = false;
    setText(look, texts.again);
    if (!answer) {
      isAsked = true;
      look.hidden = false;
      return setText(note, texts.failed);
    }
    look.hidden = isOver(runState);
    found = answer;
    onFound(answer.marks ?? null, answer.conflicts ?? []);
    return draw();
  }

  function draw() {
    const { state, text = "", conflicts = [], total = 0, commuting = 0, applies_skipped = 0 } = found;
    if (state === "none") return setText(note, text);
    const skipped = applies_skipped ? ` ${texts.skipped(applies_skipped)}` : "";
    setText(note, conflicts.length ? texts.summary(total, conflicts.length) + skipped : skipped.trim());
    empty.hidden = conflicts.length > 0;
    setText(find(".empty-title", empty), texts.emptyTitle);
    setText(find(".empty-text", empty), texts.emptyText(commuting));
    body.hidden = !conflicts.length;
    drawFilter();
    const shown = conflicts.filter((conflict) => !outcome || conflict.outcome === outcome);
    list.replaceChildren(...shown.map(entry));
    choose(shown.find(({ id }) => id === chosen) ?? shown[0], false);
    return undefined;
  }

  function drawFilter() {
    const counts = Object.entries(found.counts ?? {});
    filter.hidden = counts.length < 2;
    filter.replaceChildren(
      ...[["", found.total ?? 0], ...counts].map(([name, n]) => {
        const label = name ? texts.outcome[name] ?? String(name) : texts.all;
        const button = h("button", "conflicts-outcome", [texts.counted(label, Number(n))]);
        button.type = "button";
        button.dataset.outcome = String(name);
        button.setAttribute("aria-pressed", String(outcome === name));
        button.addEventListener("click", () => {
          outcome = String(name);
          draw();
        });
        return h("li", "", [button]);
      }),
    );
  }

  /** @param {Conflict} conflict */
  function entry(conflict) {
    const { id, key, at_us, node, update } = conflict;
    const chip = h("span", "outcome", [texts.outcome[conflict.outcome] ?? conflict.outcome]);
    chip.dataset.outcome = conflict.outcome;
    const button = h("button", "conflicts-entry", [
      h("span", "conflicts-entry-key", [key]),
      chip,
      h("span", "conflicts-entry-where", [
        texts.entry(update, node, runTime(at_us - (found.started_us ?? 0))),
      ]),
    ]);
    button.type = "button";
    button.dataset.id = id;
    button.addEventListener("click", () => choose(conflict, true));
    return h("li", "", [button]);
  }

  /** @param {Conflict|undefined} conflict @param {boolean} isForAll whether the whole page points at it */
  function choose(conflict, isForAll) {
    chosen = conflict?.id ?? "";
    for (const button of list.querySelectorAll("button")) {
      setAttribute(button, "aria-current", button.dataset.id === chosen ? "true" : null);
    }
    told.replaceChildren(...(conflict ? biography(conflict, found.started_us ?? 0) : []));
    if (!conflict || !isForAll) return;
    const updates = conflict.authors.map(({ update }) => update);
    onSelect({
      kind: "update",
      id: conflict.update,
      at_us: conflict.at_us,
      ids: [conflict.key, ...updates],
    });
  }

  return {
    /** @param {string|undefined} state of the run, now */
    show(state) {
      runState = state;
      look.hidden = isOver(state) ? look.hidden : false;
      if (isOver(state) && !isAsked) look.hidden = true;
      askIfOver();
    },
    /** What all views point at: the list follows. @param {Selection|null} selection */
    select(selection) {
      const { conflicts = [] } = found;
      if (!selection) return;
      const fits = conflicts.find((conflict) =>
        selection.kind === "update"
          ? conflict.update === selection.id &&
            (selection.at_us === undefined || selection.at_us === conflict.at_us)
          : selection.kind === "key" && conflict.key === selection.id
      );
      if (!fits || fits.id === chosen) return;
      if (outcome && fits.outcome !== outcome) {
        outcome = "";
        draw();
      }
      choose(fits, false);
      list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    },
  };
}
