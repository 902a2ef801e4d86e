/**
 * The canvas over the map: draws each message where it is now. It runs only while there is something to draw.
 *
 * @import {Dot} from "../figures/flow.js"
 * @import {Curve} from "../figures/curves.js"
 * @import {StillDot} from "../figures/still.js"
 * @import {Placed, Wanted} from "../figures/labels.js"
 * @import {MessageView} from "../types.js"
 */

import { admit, dotAt, shapeOfTone, toneOfType } from "../figures/flow.js";
import { pointAt } from "../figures/curves.js";
import { placeLabels } from "../figures/labels.js";
import { duration } from "../format.js";
import { wantsLessMotion } from "./dom.js";
import { onThemeChange, readTones } from "./theme.js";

export const TONES = [
  "placed",
  "validated",
  "taxed",
  "mailed",
  "rejected",
  "command",
  "reply",
  "spread",
  "lead",
  "lost",
  "ink",
  "halo",
];
/** With more dots than this their labels would only cover each other. */
const LABELLED_DOTS_MAX = 18;
const LABELLED_DOTS_MAX_NARROW = 6;
/** Where time stands there is time to read. */
const LABELLED_STILL_MAX = 60;
const NARROW_PX = 620;
const TAIL = 0.07;

/** @param {HTMLCanvasElement} canvas */
export function createFlow(canvas) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let tones = readTones(TONES);
  /** @type {Dot[]} */
  let dots = [];
  /** @type {Map<string, Curve>} */
  let curves = new Map();
  let isRunning = false;
  let pace = 1;
  let clock_ms = 0;
  let readMs = performance.now();
  let rem = 16;
  let stage = { width: 0, height: 0 };
  /** @type {StillDot[]} what is under way where time stands */
  let still = [];
  /** @type {Map<string, Placed>} */
  let placed = new Map();
  let labelledMax = LABELLED_DOTS_MAX;
  onThemeChange(() => {
    tones = readTones(TONES);
    drawStill();
  });

  /** Time as the dots have it: it goes as fast as what is played, and stands when that does. */
  function dotTime() {
    const ms = performance.now();
    clock_ms += (ms - readMs) * pace;
    readMs = ms;
    return clock_ms;
  }

  function frame() {
    const now = dotTime();
    const drawn = drawAll(
      dots.flatMap((dot) => {
        const at = dotAt(dot, now);
        return at ? [{ ...dot, ...at }] : [];
      }),
      labelledMax,
    );
    const waiting = dots.some((dot) => dot.from_ms > now);
    const isAnything = drawn > 0 || waiting;
    isRunning = isAnything && pace > 0 && !still.length;
    if (isRunning) requestAnimationFrame(frame);
    else if (!isAnything) dots = [];
  }

  /**
   * Marks first, then the labels for which there is room between them.
   *
   * @param {(StillDot & {lost?: boolean, alpha?: number})[]} found
   * @param {number} labelled with more than this none is labelled
   */
  function drawAll(found, labelled) {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    /** @type {[number, number][]} */
    const marks = [];
    /** @type {(Wanted & {text: string})[]} */
    const wanted = [];
    for (const dot of found) {
      const curve = curves.get(dot.edge);
      if (!curve) continue;
      const [x, y] = pointAt(curve, dot.t);
      marks.push([x, y]);
      drawDot(dot, curve, x, y);
      if (found.length > labelled || dot.lost || dot.t <= 0.12 || dot.t >= 0.88) continue;
      const text = labelOf(dot);
      if (text && hasRoom(curve, rem)) {
        wanted.push({ id: dot.id, x, y, width: text.length * rem * 0.42, text });
      }
    }
    const size = { width: stage.width, height: stage.height, line: rem * 0.85, reach: rem * 0.5 };
    placed = placeLabels(wanted, marks, size, placed);
    for (const { id, text } of wanted) {
      const at = placed.get(id);
      if (at) label(pen, text, at.x, at.y, rem, tones);
    }
    return marks.length;
  }

  /** @param {StillDot & {lost?: boolean, alpha?: number}} dot @param {Curve} curve @param {number} x @param {number} y */
  function drawDot(dot, curve, x, y) {
    const size = rem * 0.32;
    const tone = toneOfType(dot.type);
    pen.globalAlpha = dot.alpha ?? 1;
    if (dot.lost) {
      cross(pen, x, y, size * 1.7, tones.lost, tones.halo);
    } else {
      const [x0, y0] = pointAt(curve, Math.max(0, dot.t - TAIL));
      tail(pen, x0, y0, x, y, size, tones[tone]);
      shape(pen, shapeOfTone(tone), x, y, size, tones[tone], tones.halo);
    }
    pen.globalAlpha = 1;
  }

  function drawStill() {
    if (still.length) drawAll(still, LABELLED_STILL_MAX);
  }

  return {
    /** @param {number} width @param {number} height @param {Map<string, Curve>} newCurves @param {number} newRem */
    resize(width, height, newCurves, newRem) {
      const ratio = Math.min(2, devicePixelRatio || 1);
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.setProperty("width", `${width}px`);
      canvas.style.setProperty("height", `${height}px`);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      curves = newCurves;
      labelledMax = width < NARROW_PX ? LABELLED_DOTS_MAX_NARROW : LABELLED_DOTS_MAX;
      rem = newRem;
      stage = { width, height };
      drawStill();
    },
    /** What is under way where time stands; none: time goes, or nobody knows yet. @param {StillDot[]} found */
    still(found) {
      if (!found.length && !still.length) return;
      still = found;
      dots = [];
      if (still.length) drawStill();
      else pen.clearRect(0, 0, canvas.width, canvas.height);
    },
    /** How fast time goes: 0.25 is slow motion, 0 stands still. @param {number} newPace */
    setPace(newPace) {
      if (newPace === pace) return;
      dotTime();
      pace = newPace;
      if (pace > 0 && dots.length && !isRunning) {
        isRunning = true;
        requestAnimationFrame(frame);
      }
    },
    /** What was under way belongs to another time. */
    clear() {
      dots = [];
      pen.clearRect(0, 0, canvas.width, canvas.height);
    },
    /** @param {MessageView[]} messages @returns {number} how many had no room */
    add(messages) {
      if (!messages.length || wantsLessMotion() || document.hidden) return 0;
      const admitted = admit(dots, messages, dotTime());
      dots = admitted.dots;
      if (!isRunning) {
        isRunning = true;
        requestAnimationFrame(frame);
      }
      return admitted.skipped;
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} color
 * @param {string} halo
 */
function shape(pen, kind, x, y, r, color, halo) {
  pen.beginPath();
  if (kind === "square") pen.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (kind === "diamond") {
    polygon(pen, [[x, y - r * 1.3], [x + r * 1.3, y], [x, y + r * 1.3], [x - r * 1.3, y]]);
  } else if (kind === "triangle") {
    polygon(pen, [[x, y - r * 1.25], [x + r * 1.2, y + r], [x - r * 1.2, y + r]]);
  } else if (kind === "bar") pen.rect(x - r * 1.3, y - r * 0.55, r * 2.6, r * 1.1);
  else pen.arc(x, y, kind === "small" ? r * 0.55 : kind === "ring" ? r * 0.75 : r, 0, 2 * Math.PI);
  pen.lineWidth = kind === "ring" ? 2 : 1.5;
  pen.strokeStyle = kind === "ring" ? color : halo;
  pen.fillStyle = kind === "ring" ? halo : color;
  pen.fill();
  pen.stroke();
}

/** @param {CanvasRenderingContext2D} pen @param {[number, number][]} points */
function polygon(pen, points) {
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x0
 * @param {number} y0
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} color
 */
function tail(pen, x0, y0, x, y, r, color) {
  const alpha = pen.globalAlpha;
  pen.globalAlpha = alpha * 0.35;
  pen.lineWidth = r;
  pen.lineCap = "round";
  pen.strokeStyle = color;
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x, y);
  pen.stroke();
  pen.globalAlpha = alpha;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} color
 * @param {string} halo
 */
function cross(pen, x, y, r, color, halo) {
  pen.lineCap = "round";
  for (const [width, ink] of /** @type {[number, string][]} */ ([[r * 0.85, halo], [r * 0.42, color]])) {
    pen.lineWidth = width;
    pen.strokeStyle = ink;
    pen.beginPath();
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    pen.moveTo(x + r, y - r);
    pen.lineTo(x - r, y + r);
    pen.stroke();
  }
}

/**
 * Between neighbours a label would cover the nodes' names.
 * @param {Curve} curve @param {number} rem
 */
function hasRoom(curve, rem) {
  const [x0, y0] = pointAt(curve, 0);
  const [x1, y1] = pointAt(curve, 1);
  return Math.hypot(x1 - x0, y1 - y0) > 4 * rem;
}

/** How long a message is on its way; of requests and answers nobody asks. @param {{type: string, latency_ms: number|null}} dot */
function labelOf({ type, latency_ms }) {
  const tone = toneOfType(type);
  return latency_ms === null || tone === "reply" || tone === "command" ? "" : duration(latency_ms);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {number} rem
 * @param {Record<string, string>} tones
 */
function label(pen, text, x, y, rem, tones) {
  pen.font = `600 ${Math.round(rem * 0.72)}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 3.5;
  pen.lineJoin = "round";
  pen.strokeStyle = tones.halo;
  pen.fillStyle = tones.ink;
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}
