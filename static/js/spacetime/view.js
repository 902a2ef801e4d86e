/**
 * The space-time diagram on the page: holds what is looked at, and has it drawn once a frame if something changed.
 *
 * It shares one selection and one time cursor with the other views: `show(selection, cursor_us)` says what they are, and
 * `onSelect` and `onSeek` say what the reader chose here.
 *
 * @import {Selection} from "../types.js"
 * @import {Marks} from "../conflicts.js"
 * @import {Cone, Order, Processes} from "./causality.js"
 * @import {Mark} from "./picture.js"
 * @import {Span, Frame} from "./layout.js"
 * @import {Scene} from "./scene.js"
 * @import {Piece} from "./trace.js"
 */

import { find } from "../views/dom.js";
import { onThemeChange } from "../views/theme.js";
import { coneOf, createOrder } from "./causality.js";
import { createDetail } from "./detail.js";
import { draw } from "./draw.js";
import { wanted } from "./filter.js";
import { listen } from "./gestures.js";
import { litScene } from "./highlight.js";
import { hit } from "./hit.js";
import { bounded, laneAt, panned, whole, xOf, yOf, zoomed } from "./layout.js";
import { listenToKeys, ZOOM_STEP } from "./keyboard.js";
import { createLifelines } from "./lifelines.js";
import { marksOf } from "./marks.js";
import { eventAt, named, selectionOf, timed } from "./names.js";
import { createOverview } from "./overview.js";
import { readPalette } from "./palette.js";
import { createScene } from "./scene.js";
import { spacetimeTexts as texts } from "./texts.js";
import { createTip } from "./tip.js";
import { createTones } from "./tones.js";
import { createTools } from "./tools.js";
import { createTrace } from "./trace.js";

const AXIS_PX = 26;
const FOLLOWED_US = 8_000_000;
const NAMES_PX_MAX = 128;
const NAMES_SHARE_MAX = 0.22;

/**
 * @param {HTMLElement} root
 * @param {object} to
 * @param {(selection: Selection|null) => void} to.onSelect
 * @param {(cursor_us: number) => void} [to.onSeek]
 * @param {boolean} [to.isPage] whether the wheel belongs to the diagram
 */
export function createSpacetime(root, { onSelect, onSeek, isPage = false }) {
  const canvas = /** @type {HTMLCanvasElement} */ (find("canvas", root));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const tip = createTip(find(".spacetime-tip", root));
  const trace = createTrace();
  const lifelines = createLifelines(trace);
  const tones = createTones();
  let palette = readPalette(tones.names);
  /** @type {Span} */
  let span = { from_us: 0, to_us: 1e6 };
  /** @type {Frame} */
  let frame = { width: 1, height: 1, left: 0, top: AXIS_PX, bottom: 1 };
  /** @type {Scene} */
  let scene = createScene(trace, () => true, toneOf);
  /** @type {((event: number) => boolean)|null} */
  let filter = null;
  /** @type {Scene|null} */
  let lit = null;
  /** @type {Cone|null} */
  let cone = null;
  /** @type {Order} */
  let order = createOrder(trace, "node");
  /** @type {Selection|null} */
  let selection = null;
  /** @type {number|null} */
  let cursor_us = null;
  /** @type {Marks|null} */
  let conflicts = null;
  /** @type {Mark[]} */
  let marks = [];
  let selected = -1;
  let hovered = -1;
  let isFollowing = true;
  let isTouched = false;
  let isAsked = false;
  let stamp = 0;

  const overview = createOverview(
    /** @type {HTMLCanvasElement} */ (find(".spacetime-overview", root)),
    (at_us) => look(centred(at_us)),
  );
  const detail = createDetail(find(".spacetime-detail", root), {
    url: root.dataset.trace ?? "",
    onClose: () => choose(null),
  });
  const tools = createTools(root, {
    onFilter: (text, choice) => {
      filter = wanted(trace, text, choice);
      scene = createScene(trace, filter ?? (() => true), toneOf);
      relight();
      mark();
      tellCount();
      changed();
    },
    onOrder: (/** @type {Processes} */ by) => {
      order = createOrder(trace, by);
      relight();
      changed();
    },
    onZoom: (how) => {
      if (how === "whole") look(whole(trace.last_us));
      else if (how === "follow") follow();
      else look(zoomed(span, how === "in" ? ZOOM_STEP : 1 / ZOOM_STEP, middle(), trace.last_us));
    },
  });

  listen(canvas, {
    pan: (dx) => look(panned(span, dx * usPerPx(), trace.last_us)),
    zoom: (factor, x) =>
      look(zoomed(span, factor, span.from_us + (x - frame.left) * usPerPx(), trace.last_us)),
    click: (x, y) => click(x, y),
    hover: (x, y) => point(x, y),
    leave: () => point(-1, -1),
    takesWheel: () => isPage || document.activeElement === canvas,
  });
  listenToKeys(canvas, {
    pan: (share) => look(panned(span, share * (span.to_us - span.from_us), trace.last_us)),
    zoom: (factor) => look(zoomed(span, factor, middle(), trace.last_us)),
    whole: () => look(whole(trace.last_us)),
    step,
    take: () => {
      if (hovered < 0) return;
      selected = hovered;
      choose(selectionOf(trace, hovered));
    },
    letGo: () => choose(null),
  });
  new ResizeObserver(() => changed()).observe(canvas);
  onThemeChange(() => {
    palette = readPalette(tones.names);
    stamp += 1;
    changed();
  });

  const usPerPx = () => (span.to_us - span.from_us) / Math.max(1, frame.width - frame.left);
  const middle = () => (span.from_us + span.to_us) / 2;
  /** @param {number} at_us @returns {Span} */
  const centred = (at_us) => panned(span, at_us - middle(), trace.last_us);

  /** @param {number} event */
  function toneOf(event) {
    const tone = tones.of(trace, event);
    if (palette.tones.length < tones.names.length) palette = readPalette(tones.names);
    return tone;
  }

  /** @param {Span} next */
  function look(next) {
    isTouched = true;
    isFollowing = false;
    span = next;
    changed();
  }

  function follow() {
    isFollowing = true;
    followed();
    changed();
  }

  function followed() {
    if (trace.ended && !isTouched) span = whole(trace.last_us);
    else if (isFollowing && !trace.ended) {
      const length = Math.min(FOLLOWED_US, Math.max(2_000_000, trace.last_us));
      span = { from_us: trace.last_us - length, to_us: trace.last_us + length * 0.03 };
    }
  }

  /** @param {Selection|null} next */
  function choose(next) {
    selection = next;
    point(-1, -1);
    relight();
    changed();
    onSelect(next);
  }

  /** @param {number} x @param {number} y */
  function click(x, y) {
    if (x < frame.left) {
      const node = trace.nodes[laneAt(frame, trace.nodes.length, y)];
      return node && choose({ kind: "node", id: node });
    }
    if (y < frame.top) {
      return onSeek?.(Math.round(span.from_us + (x - frame.left) * usPerPx()) + trace.started_us);
    }
    const { event } = hit(trace, scene, { span, frame }, x, y);
    if (event < 0) return choose(null);
    selected = event;
    return choose(selectionOf(trace, event));
  }

  /** @param {number} x @param {number} y */
  function point(x, y) {
    const found = x < frame.left || y < frame.top || !trace.count
      ? { event: -1, many: 0 }
      : hit(trace, scene, { span, frame }, x, y);
    const text = found.event >= 0 ? timed(trace, found.event) : found.many ? texts.many(found.many) : "";
    canvas.classList.toggle("is-pointing", found.event >= 0);
    tip.show(text, x, y, frame.width);
    if (hovered === found.event) return;
    hovered = found.event;
    changed();
  }

  /** What is highlighted follows from the selection; a click that found an event has set `selected` itself. */
  function relight() {
    if (selection?.kind !== "message" && selection?.kind !== "update") selected = -1;
    else if (selected < 0 || selectionOf(trace, selected).id !== selection.id) {
      selected = eventAt(trace, selection);
    }
    cone = selected >= 0 ? coneOf(trace, order, selected) : null;
    lit = litScene(trace, { cone, selection, filter, toneOf });
    if (cone) detail.show(trace, selected, texts.cone(cone.past, cone.future));
    else detail.hide();
  }

  /** To the next event that is shown, from the one that is pointed at, the selected one, or the middle. @param {1|-1} way */
  function step(way) {
    let at = hovered >= 0 ? hovered : selected;
    if (at < 0) {
      at = 0;
      while (at < trace.count - 1 && trace.at.values[at] < middle()) at += 1;
    } else at += way;
    while (at >= 0 && at < trace.count && (trace.node.values[at] < 0 || (filter && !filter(at)))) at += way;
    if (at < 0 || at >= trace.count) return;
    const us = trace.at.values[at];
    if (us < span.from_us || us > span.to_us) look(centred(us));
    hovered = at;
    const y = yOf(frame, trace.nodes.length, trace.node.values[at]);
    tip.show(timed(trace, at), xOf(span, frame, us), y, frame.width);
    detail.say(named(trace, at));
    changed();
  }

  function mark() {
    marks = marksOf(trace, conflicts).filter(({ event }) => !filter || filter(event));
  }

  function tellCount() {
    if (!trace.count) return tools.empty(texts.emptyTitle, texts.emptyText);
    let found = trace.count;
    if (filter) {
      found = 0;
      for (let i = 0; i < trace.count; i += 1) found += filter(i) ? 1 : 0;
    }
    const all = texts.loaded(trace.count, trace.total);
    tools.note(
      trace.full ? texts.full(trace.count, trace.total) : filter ? texts.found(found, trace.count) : all,
    );
    return found ? tools.empty("", "") : tools.empty(texts.noneTitle, texts.noneText);
  }

  function changed() {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      paint();
    });
  }

  function paint() {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const left = Math.round(Math.min(NAMES_PX_MAX, width * NAMES_SHARE_MAX));
    frame = { width, height, left, top: AXIS_PX, bottom: height - 6 };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const now_us = trace.ended ? trace.last_us : Math.max(trace.last_us, span.to_us);
    draw(context, {
      ...{
        trace,
        scene,
        lit,
        isCone: cone !== null,
        span,
        frame,
        lives: lifelines.lines,
        marks,
        selected,
        hovered,
      },
      ...{ cursor_us: cursor_us === null ? null : cursor_us - trace.started_us, now_us, palette },
    });
    const isStale = `${stamp} ${trace.count} ${scene.messages.count} ${marks.length}`;
    overview.show({ trace, scene, span, left, palette, marks, isStale });
    tools.following(!trace.ended, isFollowing);
  }

  return {
    /** Takes in the next piece; whether more should be asked for. @param {Piece} piece */
    append(piece) {
      trace.append(piece);
      lifelines.extend();
      scene.extend();
      order.extend();
      lit?.extend();
      if (selection && !lit) relight();
      mark();
      followed();
      tellCount();
      changed();
      return !trace.full;
    },
    failed: () => trace.count ? tools.note(texts.failed) : tools.empty(texts.failed, texts.failedText),
    /** What all views point at. @param {Selection|null} next @param {number|null} at_us */
    show(next, at_us) {
      if (next !== selection) {
        selection = next;
        relight();
        if (selected >= 0) {
          const us = trace.at.values[selected];
          if (us < span.from_us || us > span.to_us) look(centred(us));
        }
        changed();
      }
      if (at_us !== cursor_us) {
        cursor_us = at_us;
        if (at_us !== null) {
          const us = at_us - trace.started_us;
          if (us < span.from_us || us > span.to_us) look(centred(us));
        }
        changed();
      }
    },
    /** Where the conflicts are in the history. @param {Marks|null} found */
    conflicts(found) {
      conflicts = found;
      mark();
      changed();
    },
    /** For the bench: the span, and a frame drawn at once. */
    span: () => span,
    lookAt: (/** @type {Span} */ next) => look(bounded(next, trace.last_us)),
    paint,
    trace,
    canvas,
  };
}
