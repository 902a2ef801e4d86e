/** The space-time diagram's own page: nothing else shares its selection, and the conflicts mark it once they are known. */

import { askForConflicts } from "./conflicts.js";
import { load } from "./spacetime/load.js";
import { createSpacetime } from "./spacetime/view.js";
import { find } from "./views/dom.js";
import { saveSpacetime } from "./views/saves.js";

const root = find("#spacetime");
const view = createSpacetime(root, { isPage: true, onSelect: (selection) => view.show(selection, null) });

saveSpacetime();
load(root.dataset.trace ?? "", {
  onPiece: (piece) => {
    const goesOn = view.append(piece);
    if (piece.ended && (!piece.more || !goesOn)) mark();
    return goesOn;
  },
  onFailed: view.failed,
  from_us: new URLSearchParams(location.search).get("from_us") ?? "",
});

async function mark() {
  const found = await askForConflicts(root.dataset.conflicts ?? "");
  if (found?.marks) view.conflicts(found.marks);
}
