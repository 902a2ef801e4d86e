/**
 * The keyboard: which key does what. The sheet that `?` opens is made of the same table, so neither forgets the other.
 *
 * @typedef {object} Key
 * @property {string[]} keys as `KeyboardEvent.key` names them
 * @property {string} action
 * @property {boolean} [shift] with Shift held; `undefined`: whether or not, for signs that need it
 */

/** @type {Key[]} */
export const KEYS = [
  { keys: [" "], action: "toggle" },
  { keys: ["ArrowLeft"], action: "back", shift: false },
  { keys: ["ArrowRight"], action: "forward", shift: false },
  { keys: ["ArrowLeft"], action: "backFar", shift: true },
  { keys: ["ArrowRight"], action: "forwardFar", shift: true },
  { keys: [","], action: "eventBefore" },
  { keys: ["."], action: "eventAfter" },
  { keys: ["["], action: "slower" },
  { keys: ["]"], action: "faster" },
  { keys: ["l", "L"], action: "live" },
  { keys: ["PageUp"], action: "narrationBack" },
  { keys: ["PageDown"], action: "narrationNext" },
  { keys: ["p", "P"], action: "projector" },
  { keys: ["Escape"], action: "escape" },
  { keys: ["?"], action: "help" },
];

const FIELDS = "input:not([type=range]), select, textarea, [contenteditable]";
/** What a key does by itself to the element that has the focus, it goes on doing. */
const OWN = [
  { selector: "button, a, summary, [role=button]", keys: [" ", "Enter"] },
  { selector: "input[type=range]", keys: ["ArrowLeft", "ArrowRight", "PageUp", "PageDown"] },
  { selector: "[tabindex='0']", keys: ["PageUp", "PageDown", " "] },
];

/**
 * What a key pressed there asks for; `""` for nothing of ours.
 *
 * @param {{key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean}} event
 * @param {{closest: (selector: string) => unknown}|null} target
 */
export function actionOf(event, target) {
  if (event.altKey || event.ctrlKey || event.metaKey) return "";
  if (target?.closest(FIELDS)) return "";
  if (OWN.some(({ selector, keys }) => keys.includes(event.key) && target?.closest(selector))) return "";
  const found = KEYS.find(({ keys, shift }) =>
    keys.includes(event.key) && (shift === undefined || shift === event.shiftKey)
  );
  return found?.action ?? "";
}
