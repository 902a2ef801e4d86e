/**
 * One layer of the diagram: the messages and events of a scene, one by one or in swarms.
 *
 * Rules
 * 1. At most `MESSAGES_MAX` lines and `EVENTS_MAX` marks a layer: a frame costs the same however long the run is.
 * 2. Lines of one colour are one path, and none is wider than a pixel: such lines are many times cheaper to draw. Beyond
 *    the budget an entry stands for many, and is the more opaque the more there are.
 *
 * @import {Span, Frame} from "./layout.js"
 * @import {Scene} from "./scene.js"
 * @import {Trace} from "./trace.js"
 * @import {Palette, Picture} from "./picture.js"
 */

import { LOST_AT } from "./hit.js";
import { xOf, yOf } from "./layout.js";
import { DOUBLED, eventOf, LOST, messageGroup, messageOf } from "./scene.js";
import { triangle } from "./shapes.js";
import { APPLIED, COMPLETED, EFFECTED, INVOKED } from "./trace.js";

export const MESSAGES_MAX = 1_200;
export const EVENTS_MAX = 1_200;
const SWARM_ALPHA = 0.4;
const SWARM_STEP = 0.15;
const MANY_CROSSES = 150;

/**
 * @param {CanvasRenderingContext2D} to
 * @param {Picture} picture
 * @param {Scene} scene
 * @param {number} alpha
 * @param {boolean} isCone
 */
export function drawScene(to, { trace, span, frame, palette }, scene, alpha, isCone) {
  const lanes = trace.nodes.length;
  const least_us = (span.to_us - span.from_us) / (frame.width - frame.left);
  const colors = isCone ? [palette.past, palette.future] : palette.tones;
  /** @type {Map<string, number[]>} style → ends of lines */
  const lines = new Map();
  /** @type {number[]} */
  const crosses = [];
  /** @type {number[]} */
  const rings = [];
  /** @param {number} group @param {number} end_us @param {number} took_us @param {number} many */
  const add = (group, end_us, took_us, many) => {
    const { source, target, fate, tone } = messageOf(group);
    const x1 = xOf(span, frame, end_us);
    const y1 = yOf(frame, lanes, target);
    const x0 = source < 0 ? x1 - 12 : xOf(span, frame, end_us - took_us);
    const y0 = source < 0 ? y1 - 8 : yOf(frame, lanes, source);
    const share = fate === LOST ? LOST_AT : 1;
    const [x, y] = [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
    const style = `${colors[tone] ?? palette.muted} ${fate === DOUBLED ? 1 : 0} ${
      many > 1 ? Math.min(4, Math.ceil(Math.log2(many) / 2)) : 0
    }`;
    const its = lines.get(style);
    if (its) its.push(x0, y0, x, y);
    else lines.set(style, [x0, y0, x, y]);
    if (fate === LOST) crosses.push(x, y);
    if (fate === DOUBLED && many === 1) rings.push(x, y);
  };
  const seen = scene.messages.inSight(span.from_us, span.to_us, MESSAGES_MAX, least_us);
  if (seen.ids) {
    for (const id of seen.ids) {
      add(messageGroup(trace, id, scene.toneOf(id)), trace.at.values[id], trace.took.values[id], 1);
    }
  } else {
    const { level, entries } = seen;
    for (let i = entries[0]; i < entries[1]; i += 1) {
      const n = level.counts.values[i];
      const end_us = level.start.values[i] + level.ends.values[i] / n;
      add(level.group.values[i], end_us, level.took.values[i] / n, n);
    }
  }
  for (const [style, ends] of lines) strokeAll(to, style, ends, alpha);
  to.globalAlpha = alpha;
  to.setLineDash([]);
  drawRings(to, rings, palette);
  drawCrosses(to, crosses, palette);
  drawEvents(to, { trace, span, frame, palette }, scene, least_us, isCone);
  to.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} to @param {string} style @param {number[]} ends @param {number} alpha */
function strokeAll(to, style, ends, alpha) {
  const place = style.lastIndexOf(" ", style.length - 3);
  const [dashed, weight] = style.slice(place + 1).split(" ").map(Number);
  to.strokeStyle = style.slice(0, place);
  to.lineWidth = 1;
  to.globalAlpha = alpha * (weight ? SWARM_ALPHA + weight * SWARM_STEP : 0.9);
  to.setLineDash(dashed ? [5, 3] : []);
  to.beginPath();
  for (let i = 0; i < ends.length; i += 4) {
    to.moveTo(ends[i], ends[i + 1]);
    to.lineTo(ends[i + 2], ends[i + 3]);
  }
  to.stroke();
}

/** @param {CanvasRenderingContext2D} to @param {number[]} places @param {Palette} palette */
function drawCrosses(to, places, palette) {
  const size = places.length > MANY_CROSSES * 2 ? 2.5 : 4;
  to.strokeStyle = palette.bad;
  to.lineWidth = places.length > MANY_CROSSES * 2 ? 1.25 : 2;
  to.beginPath();
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i], places[i + 1]];
    to.moveTo(x - size, y - size);
    to.lineTo(x + size, y + size);
    to.moveTo(x + size, y - size);
    to.lineTo(x - size, y + size);
  }
  to.stroke();
}

/** @param {CanvasRenderingContext2D} to @param {number[]} places @param {Palette} palette */
function drawRings(to, places, palette) {
  to.strokeStyle = palette.text;
  to.lineWidth = 1.25;
  to.beginPath();
  for (let i = 0; i < places.length; i += 2) {
    for (const radius of [3, 5.5]) {
      to.moveTo(places[i] + radius, places[i + 1]);
      to.arc(places[i], places[i + 1], radius, 0, 7);
    }
  }
  to.stroke();
}

/**
 * Marks on the lanes: each kind its own shape and colour, drawn as one path.
 *
 * @param {CanvasRenderingContext2D} to
 * @param {{trace: Trace, span: Span, frame: Frame, palette: Palette}} view
 * @param {Scene} scene
 * @param {number} least_us
 * @param {boolean} isCone
 */
function drawEvents(to, { trace, span, frame, palette }, scene, least_us, isCone) {
  const lanes = trace.nodes.length;
  const seen = scene.events.inSight(span.from_us, span.to_us, EVENTS_MAX, least_us);
  /** @type {Map<number, number[]>} kind and tone → x, y, how many */
  const marks = new Map();
  /** @param {number} kind @param {number} tone @param {number} lane @param {number} at_us @param {number} many */
  const add = (kind, tone, lane, at_us, many) => {
    const style = kind * 64 + (isCone ? tone : 0);
    const its = marks.get(style) ?? [];
    marks.set(style, its);
    its.push(xOf(span, frame, at_us), yOf(frame, lanes, lane), many);
  };
  if (seen.ids) {
    for (const id of seen.ids) {
      const tone = scene.toneOf(id);
      add(trace.kind.values[id], tone, trace.node.values[id], trace.at.values[id], 1);
    }
  } else {
    const { level, entries } = seen;
    for (let i = entries[0]; i < entries[1]; i += 1) {
      const n = level.counts.values[i];
      const { kind, lane, tone } = eventOf(level.group.values[i]);
      add(kind, tone, lane, level.start.values[i] + level.ends.values[i] / n, n);
    }
  }
  const cones = [palette.past, palette.future];
  for (const [style, places] of marks) {
    const kind = Math.floor(style / 64);
    const color = isCone ? cones[style % 64] ?? palette.muted : colorOf(kind, palette);
    if (seen.ids) drawShapes(to, kind, places, color, palette.surface);
    else drawSwarm(to, places, color);
  }
}

/** @param {number} kind @param {Palette} palette */
function colorOf(kind, palette) {
  if (kind === APPLIED) return palette.applied;
  return kind === EFFECTED ? palette.text : palette.muted;
}

/**
 * @param {CanvasRenderingContext2D} to
 * @param {number} kind
 * @param {number[]} places
 * @param {string} color
 * @param {string} surface
 */
function drawShapes(to, kind, places, color, surface) {
  to.beginPath();
  for (let i = 0; i < places.length; i += 3) {
    const [x, y] = [places[i], places[i + 1]];
    if (kind === APPLIED) {
      to.moveTo(x + 3.5, y);
      to.arc(x, y, 3.5, 0, 7);
    } else if (kind === INVOKED) triangle(to, x, y, 1);
    else if (kind === COMPLETED) triangle(to, x, y, -1);
    else if (kind === EFFECTED) to.rect(x - 4, y - 3, 8, 6);
    else to.rect(x - 1, y - 7, 2, 14);
  }
  to.fillStyle = kind === EFFECTED ? surface : color;
  to.fill();
  to.strokeStyle = kind === EFFECTED ? color : surface;
  to.lineWidth = kind === EFFECTED ? 1.5 : 1;
  to.stroke();
}

/** Many events in one bucket: a bar, the higher the more. @param {CanvasRenderingContext2D} to @param {number[]} places @param {string} color */
function drawSwarm(to, places, color) {
  to.fillStyle = color;
  for (let i = 0; i < places.length; i += 3) {
    const half = 2 + Math.min(10, 2 * Math.log2(1 + places[i + 2]));
    to.fillRect(places[i] - 1, places[i + 1] - half, 2, half * 2);
  }
}
