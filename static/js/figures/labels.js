/**
 * Where labels stand beside marks, so that no label covers another one, a mark, or the edge. Pure.
 *
 * Each is tried above its mark, below, to the right and to the left; one that fits nowhere is left out. A label that was
 * in a place before is tried there first: what moves must not flicker.
 *
 * @typedef {{id: string, x: number, y: number, width: number}} Wanted the middle of a mark, and how wide its label is
 * @typedef {{x: number, y: number, place: number}} Placed the middle of a label
 */

/** Above, below, right, left. */
const PLACES = 4;

/**
 * @param {Wanted[]} wanted in the order in which they get room
 * @param {[number, number][]} marks the middles of all marks
 * @param {{width: number, height: number, line: number, reach: number}} size of the stage; of a label's line, and how far
 *   a mark reaches from its middle
 * @param {ReadonlyMap<string, Placed>} [before]
 * @returns {Map<string, Placed>}
 */
export function placeLabels(wanted, marks, size, before = new Map()) {
  /** @type {Map<string, Placed>} */
  const placed = new Map();
  /** @type {Box[]} */
  const taken = [];
  for (const label of wanted) {
    const known = before.get(label.id)?.place ?? 0;
    for (let turn = 0; turn < PLACES; turn += 1) {
      const place = turn === 0 ? known : turn <= known ? turn - 1 : turn;
      const [x, y] = middleOf(label, place, size);
      const box = {
        left: x - label.width / 2,
        right: x + label.width / 2,
        top: y - size.line / 2,
        bottom: y + size.line / 2,
      };
      if (!fits(box, marks, taken, label, size)) continue;
      taken.push(box);
      placed.set(label.id, { x, y, place });
      break;
    }
  }
  return placed;
}

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */

/** @param {Wanted} label @param {number} place @param {{line: number, reach: number}} size @returns {[number, number]} */
function middleOf({ x, y, width }, place, { line, reach }) {
  const up = reach + line / 2;
  const aside = reach + width / 2 + 2;
  if (place === 0) return [x, y - up];
  if (place === 1) return [x, y + up];
  return place === 2 ? [x + aside, y] : [x - aside, y];
}

/**
 * @param {Box} box
 * @param {[number, number][]} marks
 * @param {Box[]} taken
 * @param {Wanted} own
 * @param {{width: number, height: number, reach: number}} size
 */
function fits({ left, right, top, bottom }, marks, taken, own, { width, height, reach }) {
  if (left < 0 || top < 0 || right > width || bottom > height) return false;
  const isFree = taken.every((one) =>
    right < one.left || left > one.right || bottom < one.top || top > one.bottom
  );
  const half = reach * 0.8;
  return isFree &&
    marks.every(([x, y]) =>
      (x === own.x && y === own.y) || x + half < left || x - half > right || y + half < top ||
      y - half > bottom
    );
}
