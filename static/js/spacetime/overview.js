/**
 * The whole run in one strip: how much was going on, faults, and the span that the diagram shows, which can be dragged.
 *
 * @import {Scene} from "./scene.js"
 * @import {Span} from "./layout.js"
 * @import {Palette, Mark} from "./picture.js"
 * @import {Trace} from "./trace.js"
 */

const BARS_MAX = 6_000;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(at_us: number) => void} centre
 */
export function createOverview(canvas, centre) {
  const to = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const still = document.createElement("canvas");
  let drawn = "";
  let [left, width, last_us] = [0, 1, 1];

  /** @param {PointerEvent} event */
  const move = (event) => {
    if (!event.buttons && event.type === "pointermove") return;
    const x = event.clientX - canvas.getBoundingClientRect().left;
    centre((x - left) / Math.max(1, width - left) * last_us);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", move);

  /**
   * @param {{trace: Trace, scene: Scene, span: Span, left: number, palette: Palette, marks: Mark[], isStale: string}} what
   */
  function show({ trace, scene, span, left: from, palette, marks, isStale }) {
    const ratio = devicePixelRatio || 1;
    const height = canvas.clientHeight;
    [left, width, last_us] = [from, canvas.clientWidth, Math.max(1, trace.last_us)];
    const stamp = `${isStale} ${width} ${height} ${ratio} ${from}`;
    for (const one of [canvas, still]) {
      if (one.width !== Math.round(width * ratio)) one.width = Math.round(width * ratio);
      if (one.height !== Math.round(height * ratio)) one.height = Math.round(height * ratio);
    }
    if (stamp !== drawn) {
      drawn = stamp;
      const on = /** @type {CanvasRenderingContext2D} */ (still.getContext("2d"));
      on.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawStill(on, { trace, scene, palette, marks, height });
    }
    to.setTransform(1, 0, 0, 1, 0, 0);
    to.clearRect(0, 0, canvas.width, canvas.height);
    to.drawImage(still, 0, 0);
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    const x = (/** @type {number} */ us) =>
      Math.max(left, Math.min(width, left + us / last_us * (width - left)));
    const [x0, x1] = [x(span.from_us), Math.max(x(span.from_us) + 3, x(span.to_us))];
    to.fillStyle = palette.surface;
    to.globalAlpha = 0.62;
    to.fillRect(left, 0, x0 - left, height);
    to.fillRect(x1, 0, width - x1, height);
    to.globalAlpha = 1;
    to.strokeStyle = palette.text;
    to.lineWidth = 1.5;
    to.strokeRect(x0 + 0.75, 0.75, Math.max(2, x1 - x0 - 1.5), height - 1.5);
  }

  /**
   * @param {CanvasRenderingContext2D} on
   * @param {{trace: Trace, scene: Scene, palette: Palette, marks: Mark[], height: number}} what
   */
  function drawStill(on, { trace, scene, palette, marks, height }) {
    on.clearRect(0, 0, width, height);
    const inner = width - left;
    const bars = new Float64Array(Math.max(1, Math.ceil(inner / 2)));
    for (const lod of [scene.messages, scene.events]) {
      const seen = lod.inSight(-1, last_us, BARS_MAX, last_us / bars.length);
      const add = (/** @type {number} */ us, /** @type {number} */ n) => {
        bars[Math.max(0, Math.min(bars.length - 1, Math.floor(us / last_us * bars.length)))] += n;
      };
      if (seen.ids) { for (const id of seen.ids) add(trace.at.values[id], 1); }
      else {
        const { level, entries } = seen;
        for (let i = entries[0]; i < entries[1]; i += 1) {
          add(level.start.values[i] + level.ends.values[i] / level.counts.values[i], level.counts.values[i]);
        }
      }
    }
    on.fillStyle = palette.fault;
    for (const fault of trace.faults) {
      const x0 = left + fault.from_us / last_us * inner;
      on.fillRect(x0, 0, Math.max(1, left + (fault.to_us ?? last_us) / last_us * inner - x0), height);
    }
    const most = Math.max(1, ...bars);
    on.fillStyle = palette.muted;
    bars.forEach((n, i) => {
      const tall = n ? Math.max(1.5, Math.sqrt(n / most) * (height - 6)) : 0;
      on.fillRect(left + i * 2, height - tall, 1.5, tall);
    });
    on.fillStyle = palette.hot;
    for (const { event } of marks) on.fillRect(left + trace.at.values[event] / last_us * inner - 1, 0, 2, 5);
  }

  return { show };
}
