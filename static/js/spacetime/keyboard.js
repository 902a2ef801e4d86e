/** The diagram by keyboard, while its canvas has the focus. */

export const PAN_SHARE = 0.15;
export const ZOOM_STEP = 0.7;

/**
 * @param {HTMLElement} element
 * @param {object} to
 * @param {(share: number) => void} to.pan by this share of what is seen
 * @param {(factor: number) => void} to.zoom
 * @param {() => void} to.whole
 * @param {(way: 1|-1) => void} to.step to the next event
 * @param {() => void} to.take selects the event that is pointed at
 * @param {() => void} to.letGo
 */
export function listenToKeys(element, { pan, zoom, whole, step, take, letGo }) {
  /** @type {Record<string, () => void>} */
  const does = {
    ArrowLeft: () => pan(-PAN_SHARE),
    ArrowRight: () => pan(PAN_SHARE),
    "+": () => zoom(ZOOM_STEP),
    "=": () => zoom(ZOOM_STEP),
    "-": () => zoom(1 / ZOOM_STEP),
    "0": whole,
    "[": () => step(-1),
    "]": () => step(1),
    Enter: take,
    Escape: letGo,
  };
  element.addEventListener("keydown", (event) => {
    const act = does[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
}
