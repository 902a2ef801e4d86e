/**
 * Draws the space-time diagram on a canvas. It is told what is in sight and draws it; it decides nothing.
 *
 * @import {Picture} from "./picture.js"
 * @import {Fault, Trace} from "./trace.js"
 */

import { ticks, xOf, yOf } from "./layout.js";
import { drawScene } from "./layers.js";
import { diamond, fitted, line } from "./shapes.js";

const DIMMED = 0.13;
const NAME_PX_MIN = 46;
const NAME_PX_MAX = 260;
/** Marks are drawn smaller when so many are in sight. */
const MANY_MARKS = 60;

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
export function draw(to, picture) {
  const { frame, lit } = picture;
  to.clearRect(0, 0, frame.width, frame.height);
  to.font = `${picture.palette.font_px}px ${picture.palette.font}`;
  drawAxis(to, picture);
  to.save();
  to.beginPath();
  to.rect(frame.left, frame.top, frame.width - frame.left, frame.bottom - frame.top);
  to.clip();
  drawFaults(to, picture);
  drawLanes(to, picture);
  drawScene(to, picture, picture.scene, lit ? DIMMED : 1, false);
  if (lit) drawScene(to, picture, lit, 1, picture.isCone);
  drawFaultNames(to, picture);
  drawMarks(to, picture);
  drawPoint(to, picture, picture.hovered, false);
  drawPoint(to, picture, picture.selected, true);
  drawCursor(to, picture);
  to.restore();
  drawNames(to, picture);
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawAxis(to, { span, frame, palette }) {
  to.fillStyle = palette.muted;
  to.strokeStyle = palette.line;
  to.lineWidth = 1;
  to.textAlign = "center";
  to.textBaseline = "alphabetic";
  to.beginPath();
  for (const { us, text } of ticks(span, frame)) {
    const x = Math.round(xOf(span, frame, us)) + 0.5;
    if (x < frame.left + 14) continue;
    to.moveTo(x, frame.top - 5);
    to.lineTo(x, frame.bottom);
    if (x < frame.width - 18) to.fillText(text, x, frame.top - 9);
  }
  to.stroke();
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawFaults(to, { trace, span, frame, palette, now_us }) {
  const lanes = trace.nodes.length;
  const half = (frame.bottom - frame.top) / Math.max(1, lanes) / 2;
  for (const fault of trace.faults) {
    const x0 = Math.max(frame.left - 2, xOf(span, frame, fault.from_us));
    const x1 = Math.min(frame.width + 2, xOf(span, frame, fault.to_us ?? Math.max(now_us, trace.last_us)));
    if (x1 < frame.left || x0 > frame.width) continue;
    const touched = lanesOf(trace, fault);
    to.fillStyle = palette.fault;
    for (const { from, to: last } of touched) {
      const y0 = yOf(frame, lanes, from) - half + 1;
      to.fillRect(x0, y0, Math.max(1, x1 - x0), yOf(frame, lanes, last) + half - 1 - y0);
    }
  }
}

/**
 * What is wrong, at the beginning of each fault's region as far as it is in sight, over what is drawn there.
 *
 * @param {CanvasRenderingContext2D} to
 * @param {Picture} picture
 */
function drawFaultNames(to, { trace, span, frame, palette, now_us }) {
  const lanes = trace.nodes.length;
  const half = (frame.bottom - frame.top) / Math.max(1, lanes) / 2;
  /** @type {number[]} where each line is free again */
  const freeAt = [];
  to.textAlign = "left";
  to.textBaseline = "top";
  to.lineWidth = 4;
  to.strokeStyle = palette.surface;
  to.fillStyle = palette.text;
  for (const fault of trace.faults) {
    const left = Math.max(frame.left, xOf(span, frame, fault.from_us)) + 5;
    const right = Math.min(frame.width, xOf(span, frame, fault.to_us ?? Math.max(now_us, trace.last_us)));
    if (right - left < NAME_PX_MIN || right < frame.left) continue;
    const text = fitted(to, fault.label, Math.min(right - left, NAME_PX_MAX));
    const row = freeAt.findIndex((free) => free < left);
    const place = row < 0 ? freeAt.length : row;
    freeAt[place] = left + to.measureText(text).width + 10;
    const top = Math.min(...lanesOf(trace, fault).map(({ from }) => yOf(frame, lanes, from) - half)) + 4;
    to.strokeText(text, left, top + place * (palette.font_px + 4));
    to.fillText(text, left, top + place * (palette.font_px + 4));
  }
}

/** Stretches of lanes that a fault touches; all of them if it names none. @param {Trace} trace @param {Fault} fault */
export function lanesOf(trace, { targets }) {
  const found = targets.map((target) => {
    const ends = target.split(">").map(trace.laneOf).filter((lane) => lane >= 0);
    return ends.length ? { from: Math.min(...ends), to: Math.max(...ends) } : null;
  }).filter((stretch) => stretch !== null);
  if (!found.length) return [{ from: 0, to: Math.max(0, trace.nodes.length - 1) }];
  found.sort((a, b) => a.from - b.from || a.to - b.to);
  const joined = [found[0]];
  for (const stretch of found.slice(1)) {
    const last = joined[joined.length - 1];
    if (stretch.from > last.to) joined.push(stretch);
    else last.to = Math.max(last.to, stretch.to);
  }
  return joined;
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawLanes(to, { trace, span, frame, palette, lives, now_us }) {
  const lanes = trace.nodes.length;
  to.strokeStyle = palette.lane;
  to.lineWidth = 1;
  for (let lane = 0; lane < lanes; lane += 1) {
    const y = Math.round(yOf(frame, lanes, lane)) + 0.5;
    const its = lives[lane] ?? [{ from_us: -1e15, to_us: null, instances: 1 }];
    to.setLineDash([2, 5]);
    line(to, frame.left, y, frame.width, y);
    to.setLineDash([]);
    for (const { from_us, to_us, instances } of its) {
      const x0 = Math.max(frame.left, xOf(span, frame, from_us));
      const x1 = Math.min(frame.width, xOf(span, frame, to_us ?? Math.max(now_us, trace.last_us)));
      if (x1 <= x0) continue;
      const lines = Math.min(4, instances);
      for (let i = 0; i < lines; i += 1) {
        const beside = y + (i - (lines - 1) / 2) * 3;
        line(to, x0, beside, x1, beside);
      }
    }
  }
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawMarks(to, { trace, span, frame, palette, marks }) {
  const lanes = trace.nodes.length;
  const inSight = marks.filter(({ event }) =>
    trace.at.values[event] >= span.from_us && trace.at.values[event] <= span.to_us &&
    trace.node.values[event] >= 0
  );
  const size = inSight.length > 5 * MANY_MARKS ? 3 : inSight.length > MANY_MARKS ? 4.5 : 7;
  to.lineWidth = inSight.length > MANY_MARKS ? 1.5 : 2;
  for (const { event, mark } of inSight) {
    const at_us = trace.at.values[event];
    const [x, y] = [xOf(span, frame, at_us), yOf(frame, lanes, trace.node.values[event])];
    to.strokeStyle = to.fillStyle = palette.hot;
    to.beginPath();
    if (mark === "concurrent") to.arc(x, y, size, 0, 7);
    else if (mark === "merge") diamond(to, x, y, size);
    else {
      diamond(to, x, y, size);
      to.fill();
    }
    to.stroke();
  }
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture @param {number} event @param {boolean} isSelected */
function drawPoint(to, { trace, span, frame, palette }, event, isSelected) {
  if (event < 0 || event >= trace.count || trace.node.values[event] < 0) return;
  const lanes = trace.nodes.length;
  const [x, y] = [xOf(span, frame, trace.at.values[event]), yOf(frame, lanes, trace.node.values[event])];
  const source = trace.sourceOf(event);
  to.strokeStyle = palette.text;
  to.lineWidth = isSelected ? 2.5 : 2;
  if (source >= 0) {
    const x0 = xOf(span, frame, trace.at.values[event] - trace.took.values[event]);
    line(to, x0, yOf(frame, lanes, source), x, y);
  }
  to.beginPath();
  to.arc(x, y, isSelected ? 7 : 6, 0, 7);
  to.stroke();
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawCursor(to, { span, frame, palette, cursor_us }) {
  if (cursor_us === null) return;
  const x = xOf(span, frame, cursor_us);
  if (x < frame.left || x > frame.width) return;
  to.strokeStyle = to.fillStyle = palette.cursor;
  to.lineWidth = 1.5;
  line(to, x, frame.top, x, frame.bottom);
  to.beginPath();
  to.moveTo(x - 5, frame.top);
  to.lineTo(x + 5, frame.top);
  to.lineTo(x, frame.top + 7);
  to.fill();
}

/** @param {CanvasRenderingContext2D} to @param {Picture} picture */
function drawNames(to, { trace, frame, palette }) {
  const lanes = trace.nodes.length;
  to.fillStyle = palette.surface;
  to.fillRect(0, 0, frame.left, frame.height);
  to.fillStyle = palette.text;
  to.textAlign = "right";
  to.textBaseline = "middle";
  for (let lane = 0; lane < lanes; lane += 1) {
    to.fillText(fitted(to, trace.nodes[lane], frame.left - 14), frame.left - 10, yOf(frame, lanes, lane));
  }
}
