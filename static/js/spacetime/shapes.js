/** Small shapes on a canvas, and text that fits. */

/** @param {CanvasRenderingContext2D} to @param {number} x @param {number} y @param {1|-1} way */
export function triangle(to, x, y, way) {
  to.moveTo(x - 3 * way, y - 4);
  to.lineTo(x + 3 * way, y);
  to.lineTo(x - 3 * way, y + 4);
  to.closePath();
}

/** @param {CanvasRenderingContext2D} to @param {number} x @param {number} y @param {number} size */
export function diamond(to, x, y, size) {
  to.moveTo(x, y - size);
  to.lineTo(x + size, y);
  to.lineTo(x, y + size);
  to.lineTo(x - size, y);
  to.closePath();
}

/** The text, cut where it has no room. @param {CanvasRenderingContext2D} to @param {string} text @param {number} width */
export function fitted(to, text, width) {
  if (to.measureText(text).width <= width) return text;
  let letters = text.length;
  while (letters > 1 && to.measureText(`${text.slice(0, letters)}…`).width > width) letters -= 1;
  return `${text.slice(0, letters)}…`;
}

/** @param {CanvasRenderingContext2D} to @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function line(to, x0, y0, x1, y1) {
  to.beginPath();
  to.moveTo(x0, y0);
  to.lineTo(x1, y1);
  to.stroke();
}
