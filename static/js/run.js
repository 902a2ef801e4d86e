/**
 * The run page: wires the socket to the store and the store to the views. One draw per animation frame, whatever comes in.
 *
 * @import {Status} from "./socket.js"
 */

import { isOver, isTimeRunning, runNowUs } from "./clock.js";
import { keysThatDiffer } from "./figures/matrix.js";
import { ofWindow } from "./figures/selection.js";
import { totalsModel } from "./figures/totals.js";
import { createSocket } from "./socket.js";
import { createStore } from "./shown.js";
import { windowId } from "./store.js";
import { createTimeTravel } from "./time_travel.js";
import { createCharts } from "./views/charts.js";
import { createControls } from "./views/controls.js";
import { find, inTurn, throttled } from "./views/dom.js";
import { createFaultPanel } from "./views/fault_panel.js";
import { createFaults } from "./views/faults.js";
import { createFeed } from "./views/feed.js";
import { createFindings } from "./views/findings.js";
import { running } from "./views/instances.js";
import { createKeyList } from "./views/key_list.js";
import { createLookingBack } from "./views/looking_back.js";
import { createMap } from "./views/map.js";
import { createMatrix } from "./views/matrix.js";
import { createForkSheet } from "./views/fork_sheet.js";
import { createNarration } from "./views/narration.js";
import { createRelatives } from "./views/relatives.js";
import { createSaves } from "./views/saves.js";
import { createSelection } from "./views/selection.js";
import { createStatus } from "./views/status.js";
import { createTotals } from "./views/totals.js";
import { createUnderWay } from "./views/under_way.js";

const DRAW_EVERY_MS = 66;
const TICK_MS = 100;

const page = find("#run-page");
const store = createStore();
/** @type {Status} */
let connection = { name: "connecting", attempt: 0, retry_at_ms: null };
let receivedMs = performance.now();

const isLiveRunning = () => connection.name === "live" && isTimeRunning(store.live().run?.state);
const isRunning = () => isLiveRunning() && store.get().cursor_us === null;
const presentUs = () =>
  runNowUs({ at_us: store.live().at_us, receivedMs, isRunning: isLiveRunning() }, performance.now());
/** The instant that is shown. */
const nowUs = () => store.get().cursor_us ?? presentUs();

const controls = createControls(page);
const { breaking } = controls;
const faultPanel = breaking &&
  createFaultPanel(page, { ...breaking, faults: () => store.live().faults });
const views = {
  status: createStatus(page),
  totals: createTotals(find("#totals")),
  map: createMap(find("#map"), { scalable: scalableNodes(), onScale, onBreak: faultPanel?.open }),
  faults: createFaults(find("#faults"), breaking && (async (id) => breaking.tell(await breaking.heal(id)))),
  matrix: createMatrix(find("#matrix"), () => draw(), { onFind: () => keyList.open() }),
  feed: createFeed(find("#feed ol")),
  charts: createCharts(store.get, nowUs, isRunning, (id) => {
    const window = store.get().windows.find((one) => windowId(one) === id);
    if (window) views.selection.toggle(ofWindow(window));
  }, (key) => views.selection.toggle({ kind: "key", id: key })),
  selection: createSelection(page, store),
  findings: createFindings(find("#findings"), (places) => views.lookingBack.lookAt(places)),
  lookingBack: createLookingBack(
    store,
    (found) => views.charts.conflicts(found),
    page.dataset.presenter === "true",
  ),
  narration: createNarration(({ nodes, keys }) => {
    views.map.lookAt(nodes);
    views.matrix.lookAt(keys);
    draw();
  }),
};

const time = createTimeTravel({ root: page, store, presentUs, narration: views.narration, toggleProjector });

const keyList = createKeyList(/** @type {HTMLDialogElement} */ (find("#key-list")), {
  getState: store.get,
  onSelect: store.select,
});
const underWay = createUnderWay(find("#spacetime").dataset.trace ?? "", views.map);
createForkSheet(() => nowUs() - (store.live().run?.started_us ?? 0));
createRelatives(find("#relatives"));
createSaves(store.get);

const draw = throttled(() => inTurn(drawNow), DRAW_EVERY_MS);

function drawNow() {
  const state = store.get();
  const now_us = nowUs();
  views.status.showRun(state, now_us, store.live().run?.state);
  views.status.showNotice(state);
  time.show(state);
  if (!state.run || !time.hasArrived()) return;
  page.classList.remove("is-loading");
  views.map.setPace(time.pace());
  underWay.show(state, time.pace());
  views.map.show(state);
  views.faults.show(state, now_us);
  views.matrix.show(state, now_us);
  views.feed.show(state, performance.now());
  views.selection.show(state);
  views.lookingBack.show(state);
  views.narration.show(state, now_us);
  views.findings.show(state.run.state, store.live().run?.state);
  const until = state.run.ended_us ?? now_us;
  const diverged = keysThatDiffer(state);
  views.totals.show(
    totalsModel(
      state.totals,
      until - state.run.started_us,
      diverged,
      isOver(state.run.state),
      state.run.subject,
    ),
  );
  controls.setOver(isOver(store.live().run?.state));
}

const socket = createSocket({
  open: () => new WebSocket(socketUrl()),
  position: () => {
    const { boot, seq, needs_snapshot } = store.live();
    return needs_snapshot ? { boot: "", seq: -1 } : { boot, seq };
  },
  onFrame(frame) {
    store.dispatch(frame);
    receivedMs = performance.now();
    if (store.live().needs_snapshot) socket.restart();
  },
  onStatus: (status) => {
    connection = status;
    views.status.showConnection(connection, 0);
    draw();
  },
  isOver: () => isOver(store.live().run?.state),
});

store.subscribe((state, before) => {
  const isNews = state.seq !== before.seq || state.boot !== before.boot;
  if (state.boot !== before.boot || state.seq < before.seq) views.map.clear();
  if (isNews && !state.needs_snapshot) views.map.receive(state);
  views.charts.changed();
  draw();
});

setInterval(() => {
  const quiet_ms = isLiveRunning() ? performance.now() - receivedMs : 0;
  views.status.showConnection(connection, quiet_ms);
  if (!isLiveRunning()) return;
  if (isRunning()) views.charts.changed();
  draw();
}, TICK_MS);

find("#projector").addEventListener("click", toggleProjector);

socket.start();

function toggleProjector() {
  const isOn = document.documentElement.classList.toggle("is-projector");
  find("#projector").setAttribute("aria-pressed", String(isOn));
}

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
