/**
 * What the run page shows from the history rather than from frames: the space-time diagram and the conflicts. Each is
 * loaded when it comes into sight, and asks for more only while somebody can see it.
 *
 * @import {State} from "../types.js"
 */

import { load } from "../spacetime/load.js";
import { createSpacetime } from "../spacetime/view.js";
import { createConflicts } from "./conflicts.js";
import { askFor } from "../spacetime/pointing.js";
import { find, wantsLessMotion } from "./dom.js";

/**
 * @param {object} store
 * @param {() => State} store.get
 * @param {() => State} store.live
 * @param {(selection: import("../types.js").Selection|null) => void} store.select
 * @param {(cursor_us: number|null) => void} store.seek
 * @param {(conflicts: import("../conflicts.js").Conflict[]) => void} onConflicts
 * @param {boolean} isPresenter
 */
export function createLookingBack(store, onConflicts, isPresenter) {
  const root = find("#spacetime");
  const spacetime = createSpacetime(root, { onSelect: store.select, onSeek: store.seek });
  const conflicts = createConflicts(find("#conflicts"), {
    onSelect: store.select,
    onFound(marks, found) {
      spacetime.conflicts(marks);
      onConflicts(found);
    },
  }, isPresenter);
  /** @type {ReturnType<typeof load>|null} */
  let loading = null;
  new IntersectionObserver((entries) => {
    const isInSight = entries.some((entry) => entry.isIntersecting);
    if (isInSight && !loading) {
      loading = load(root.dataset.trace ?? "", { onPiece: spacetime.append, onFailed: spacetime.failed });
    }
    loading?.pause(!isInSight);
  }, { rootMargin: "300px" }).observe(root);

  return {
    /** Selects what the observations at these places are about. @param {number[]} places of the history */
    async lookAt(places) {
      const selection = await askFor(root.dataset.trace ?? "", places);
      if (!selection) return;
      store.select(selection);
      root.scrollIntoView({ block: "start", behavior: wantsLessMotion() ? "auto" : "smooth" });
    },
    /** @param {State} state */
    show(state) {
      spacetime.show(state.selection, state.cursor_us);
      conflicts.show(store.live().run?.state);
      conflicts.select(state.selection);
    },
  };
}
