/**
 * The few DOM helpers that the views share. Names come from strangers: text goes in as text, never as markup.
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {(Node|string)[]} [children]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, className = "", children = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** @param {string} tag @param {Record<string, string|number>} attributes */
export function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** Writes only what changed: layout is dear. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string|null} value `null` removes it */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * The element that the template promised.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`the page has no element ${selector}`);
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/**
 * Calls `draw` in the next animation frame, once however often it is asked, and at most every `every_ms`.
 *
 * @param {() => void} draw
 * @param {number|(() => number)} [every_ms] asked anew before each drawing
 * @returns {() => void}
 */
export function throttled(draw, every_ms = 0) {
  const least = typeof every_ms === "number" ? () => every_ms : every_ms;
  let isAsked = false;
  let drawnMs = -Infinity;
  const attempt = () => {
    if (performance.now() - drawnMs < least()) {
      requestAnimationFrame(attempt);
      return;
    }
    isAsked = false;
    drawnMs = performance.now();
    draw();
  };
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(attempt);
  };
}

/** @type {(() => void)[]} what waits for a frame of its own */
const waiting = [];

/** Draws in a frame of its own: several heavy things in one would make that frame a long one. @param {() => void} draw */
export function inTurn(draw) {
  if (waiting.includes(draw)) return;
  waiting.push(draw);
  if (waiting.length === 1) requestAnimationFrame(next);
}

function next() {
  // Before it draws: what fails must not keep the others from their turn.
  const draw = waiting.shift();
  if (waiting.length) requestAnimationFrame(next);
  draw?.();
}

/** Whether the reader asked for less motion; asked anew each time, for it can be switched. */
export function wantsLessMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
