/**
 * The curves between the map's places, in (along, across): to a neighbour, over the heads of others, from band to band.
 * Pure; where the places are is the map's business.
 *
 * @typedef {[number, number, number, number, number, number, number, number]} Curve a cubic Bézier: x0 y0 … x3 y3
 *
 * @typedef {object} Place the middle of a box
 * @property {string} id
 * @property {string} role
 * @property {boolean} replica
 * @property {number} band counted from the top
 * @property {number} column
 * @property {number} u along
 * @property {number} v across
 */

/** Height of the arches over the first band, and the room kept for them. */
export const ARCH = 30;
/** A cubic curve reaches three quarters of its handles' rise. */
const RISE_MAX = (ARCH - 2) / 0.75;
/** From this gap between the bands on, the first band is deep. */
const DEEP = 120;

/**
 * The curve from one place to another, in (along, across).
 *
 * @param {Place} a
 * @param {Place} b
 * @param {number} long
 * @param {number} wide
 * @returns {Curve}
 */
export function curveOf(a, b, long, wide) {
  if (a.band !== b.band) return between(a, b, long, wide);
  const forward = Math.sign(b.u - a.u);
  if (Math.abs(b.column - a.column) === 1 && Math.abs(b.u - a.u) > long) {
    const [u0, u3] = [a.u + forward * long / 2, b.u - forward * long / 2];
    const [v0, v3, middle] = [a.v - 7 * forward, b.v - 7 * forward, (u0 + u3) / 2];
    return [u0, v0, middle, v0, middle, v3, u3, v3];
  }
  const side = a.band === 0 ? -1 : 1;
  // The way back lies inside the way there: neither covers the other.
  const [foot, lower] = forward > 0 ? [14, 0] : [-14, 12];
  const rise = Math.min(RISE_MAX, 24 + 5 * Math.abs(b.column - a.column)) - lower;
  const [u0, u3] = [a.u - foot * forward, b.u + foot * forward];
  const [v0, v3] = [a.v + side * wide / 2, b.v + side * wide / 2];
  return [u0, v0, u0, v0 + side * rise, u3, v3 + side * rise, u3, v3];
}

/**
 * From band to band; the two directions of a pair keep apart. Where the first band is deep, the way across lies low, just
 * above the read side, and not through the boxes.
 *
 * @param {Place} a
 * @param {Place} b
 * @param {number} long
 * @param {number} wide
 * @returns {Curve}
 */
function between(a, b, long, wide) {
  const isDown = a.band < b.band;
  const [upper, lower] = isDown ? [a, b] : [b, a];
  const side = isDown ? 7 : -7;
  const lean = Math.max(-1, Math.min(1, (lower.u - upper.u) / (2 * long)));
  const [u0, u3] = [upper.u + side + lean * long * 0.22, lower.u + side - lean * long * 0.22];
  const [v0, v3] = [upper.v + wide / 2, lower.v - wide / 2];
  const gap = v3 - v0;
  const v1 = gap < DEEP ? v0 + gap * 0.55 : v3 - 10;
  const v2 = v3 - Math.min(gap * 0.55, 60);
  return isDown ? [u0, v0, u0, v1, u3, v2, u3, v3] : [u3, v3, u3, v2, u0, v1, u0, v0];
}

/** The point of a curve at `t` in [0, 1]. @param {Curve} c @param {number} t @returns {[number, number]} */
export function pointAt(c, t) {
  const s = 1 - t;
  const [k0, k1, k2, k3] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
  return [k0 * c[0] + k1 * c[2] + k2 * c[4] + k3 * c[6], k0 * c[1] + k1 * c[3] + k2 * c[5] + k3 * c[7]];
}
