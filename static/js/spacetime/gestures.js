/** Pointer, wheel and pinch on a canvas, as moves and zooms in pixels; a pointer that hardly moved is a click. */

const CLICK_PX = 4;
const WHEEL_STEP = 0.0016;

/**
 * @param {HTMLElement} element
 * @param {object} to
 * @param {(dx: number) => void} to.pan
 * @param {(factor: number, x: number) => void} to.zoom
 * @param {(x: number, y: number) => void} to.click
 * @param {(x: number, y: number) => void} to.hover
 * @param {() => void} to.leave
 * @param {() => boolean} to.takesWheel whether a plain wheel is for the diagram rather than for the page
 */
export function listen(element, to) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let moved = 0;

  /** @param {MouseEvent} event */
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    moved = down.size > 1 ? CLICK_PX + 1 : 0;
    to.leave();
  });
  element.addEventListener("pointermove", (event) => {
    const here = place(event);
    const before = down.get(event.pointerId);
    if (!before) return to.hover(here.x, here.y);
    if (down.size === 2) {
      const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = (/** @type {{x: number}} */ one) => Math.max(12, Math.abs(one.x - other.x));
      to.zoom(apart(before) / apart(here), (here.x + other.x) / 2);
    } else {
      moved += Math.abs(here.x - before.x) + Math.abs(here.y - before.y);
      if (moved > CLICK_PX) to.pan(before.x - here.x);
    }
    down.set(event.pointerId, here);
    return undefined;
  });
  /** @param {PointerEvent} event */
  const up = (event) => {
    const here = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (here && moved <= CLICK_PX && event.type === "pointerup") to.click(here.x, here.y);
  };
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("pointerleave", () => to.leave());
  element.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !to.takesWheel()) return;
    event.preventDefault();
    const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY)) return to.pan(across);
    const lines = event.deltaMode === 1 ? 16 : 1;
    to.zoom(Math.exp(Math.max(-400, Math.min(400, event.deltaY * lines)) * WHEEL_STEP), place(event).x);
    return undefined;
  }, { passive: false });
}
