/**
 * The run page: wires the socket to the store and the store to the views. One draw per animation frame, whatever comes in.
 *
 * @import {Status} from "./socket.js"
 */

import { isOver, isTimeRunning, runNowUs } from "./clock.js";
import { totalsModel } from "./figures/totals.js";
import { createSocket } from "./socket.js";
import { createStore } from "./store.js";
import { createCharts } from "./views/charts.js";
import { createControls } from "./views/controls.js";
import { find, throttled } from "./views/dom.js";
import { createFeed } from "./views/feed.js";
import { createFindings } from "./views/findings.js";
import { running } from "./views/instances.js";
import { createMap } from "./views/map.js";
import { createMatrix } from "./views/matrix.js";
import { createNarration } from "./views/narration.js";
import { createStatus } from "./views/status.js";
import { createTotals } from "./views/totals.js";

const DRAW_EVERY_MS = 66;
const TICK_MS = 100;

const page = find("#run-page");
const store = createStore();
/** @type {Status} */
let connection = { name: "connecting", attempt: 0, retry_at_ms: null };
let receivedMs = performance.now();

const isRunning = () => connection.name === "live" && isTimeRunning(store.get().run?.state);
const nowUs = () =>
  runNowUs({ at_us: store.get().at_us, receivedMs, isRunning: isRunning() }, performance.now());

const controls = createControls(page);
const views = {
  status: createStatus(page),
  totals: createTotals(find("#totals")),
  map: createMap(find("#map"), { scalable: scalableNodes(), onScale }),
  matrix: createMatrix(find("#matrix"), () => draw()),
  feed: createFeed(find("#feed ol")),
  charts: createCharts(store.get, nowUs, isRunning),
  findings: createFindings(find("#findings")),
  narration: createNarration(({ nodes, keys }) => {
    views.map.lookAt(nodes);
    views.matrix.lookAt(keys);
    draw();
  }),
};

const draw = throttled(() => {
  const state = store.get();
  const now_us = nowUs();
  views.status.showRun(state, now_us);
  views.status.showNotice(state);
  if (!state.run) return;
  views.map.show(state);
  views.matrix.show(state, now_us);
  views.feed.show(state, performance.now());
  views.narration.show(state, now_us);
  views.findings.show(state.run.state);
  const until = state.run.ended_us ?? now_us;
  const diverged = [...state.keys.values()].filter((key) => key.diverged).length;
  views.totals.show(
    totalsModel(
      state.totals,
      until - state.run.started_us,
      diverged,
      isOver(state.run.state),
      state.run.subject,
    ),
  );
  controls.setOver(isOver(state.run.state));
}, DRAW_EVERY_MS);

const socket = createSocket({
  open: () => new WebSocket(socketUrl()),
  position: () => {
    const { boot, seq, needs_snapshot } = store.get();
    return needs_snapshot ? { boot: "", seq: -1 } : { boot, seq };
  },
  onFrame: store.dispatch,
  onStatus: (status) => {
    connection = status;
    views.status.showConnection(connection, 0);
    draw();
  },
  isOver: () => isOver(store.get().run?.state),
});

store.subscribe((state, before) => {
  if (state.seq !== before.seq || state.boot !== before.boot || state.needs_snapshot) {
    receivedMs = performance.now();
    if (state.needs_snapshot) socket.restart();
    else views.map.receive(state);
  }
  views.charts.changed();
  draw();
});

setInterval(() => {
  const quiet_ms = isRunning() ? performance.now() - receivedMs : 0;
  views.status.showConnection(connection, quiet_ms);
  if (!isRunning()) return;
  views.charts.changed();
  draw();
}, TICK_MS);

find("#projector").addEventListener("click", (event) => {
  const isOn = document.documentElement.classList.toggle("is-projector");
  /** @type {HTMLElement} */ (event.currentTarget).setAttribute("aria-pressed", String(isOn));
});

socket.start();

function socketUrl() {
  const url = new URL(page.dataset.socket ?? "", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** @returns {string[]} */
function scalableNodes() {
  if (page.dataset.presenter !== "true") return [];
  return JSON.parse(document.getElementById("nodes-scalable")?.textContent ?? "[]");
}

/** @param {string} node @param {1|-1} change */
function onScale(node, change) {
  const instances = store.get().instances.filter((instance) => instance.node === node);
  controls.scale(node, running(instances).length + change);
}
