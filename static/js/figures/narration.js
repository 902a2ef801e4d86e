/**
 * Which step of a narration is due. Pure.
 *
 * @typedef {object} Step
 * @property {number|null} at_s when it is due in the run's time
 * @property {string} on "start", "end", or "fix", which is never due by itself
 * @property {string[]} look what it points at
 */

/**
 * The last step that is due, the first before any is. The end is due when the run is over, and not before.
 *
 * @param {Step[]} steps
 * @param {number} now_s
 * @param {boolean} is_over
 */
export function dueStep(steps, now_s, is_over) {
  let due = 0;
  steps.forEach((step, index) => {
    const isDue = step.at_s !== null
      ? now_s >= step.at_s
      : step.on === "start" || (step.on === "end" && is_over);
    if (isDue) due = index;
  });
  return due;
}

/**
 * What a step points at, sorted out: parts of the page, nodes, and keys.
 *
 * @param {string[]} look
 * @param {ReadonlySet<string>} nodes
 */
export function lookedAt(look, nodes) {
  const keys = look.filter((one) => one.startsWith("key:")).map((one) => one.slice("key:".length));
  const isNode = (/** @type {string} */ one) => nodes.has(one);
  return {
    keys: new Set(keys),
    nodes: new Set(look.filter(isNode)),
    parts: look.filter((one) => !one.startsWith("key:") && !isNode(one)),
  };
}
