/** The socket client on a fake connection and a fake clock, and the waiting times of its retries. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { backoffMs } from "../../static/js/backoff.js";
import { createSocket } from "../../static/js/socket.js";

Deno.test("the wait doubles up to its bound, less a random half", () => {
  equal([0, 1, 2, 3].map((attempt) => backoffMs(attempt, () => 0)), [200, 400, 800, 1600]);
  equal([0, 1, 2, 3].map((attempt) => backoffMs(attempt, () => 0.5)), [300, 600, 1200, 2400]);
  equal(backoffMs(50, () => 0), 7_500);
  ok(backoffMs(50, () => 0.999999) <= 15_000);
});

function scene() {
  const seen = {
    sent: /** @type {any[]} */ ([]),
    statuses: /** @type {string[]} */ ([]),
    frames: /** @type {any[]} */ ([]),
  };
  const world = { now: 1_000, isOver: false, position: { boot: "", seq: -1 } };
  /** @type {any[]} */
  const connections = [];
  /** @type {{callback: () => void, ms: number}[]} */
  const timers = [];
  const socket = createSocket({
    open: () => {
      const connection = {
        onopen: null,
        onmessage: null,
        onclose: null,
        isClosed: false,
        send: (/** @type {string} */ text) => seen.sent.push(JSON.parse(text)),
        close() {
          this.isClosed = true;
        },
      };
      connections.push(connection);
      return connection;
    },
    position: () => world.position,
    onFrame: (frame) => seen.frames.push(frame),
    onStatus: ({ name }) => seen.statuses.push(name),
    isOver: () => world.isOver,
    random: () => 0,
    nowMs: () => world.now,
    later: (callback, ms) => timers.push({ callback, ms }),
    cancel: () => timers.pop(),
  });
  const latest = () => connections[connections.length - 1];
  /** @param {object} frame */
  const receive = (frame) => latest().onmessage({ data: JSON.stringify(frame) });
  return { seen, world, connections, timers, socket, latest, receive };
}

Deno.test("it says first where the page stopped, and is live with the first frame", () => {
  const { seen, world, socket, latest, receive } = scene();
  world.position = { boot: "b", seq: 41 };
  socket.start();
  latest().onopen({});
  equal(seen.sent, [{ kind: "resume", boot: "b", seq: 41 }]);
  receive({ kind: "delta", seq: 42 });
  receive({ kind: "delta", seq: 43 });
  equal(seen.statuses, ["connecting", "live"]);
  equal(seen.frames.length, 2);
});

Deno.test("a lost connection comes back after longer and longer waits; a good one starts afresh", () => {
  const { seen, world, timers, socket, latest, receive } = scene();
  socket.start();
  latest().onclose({ code: 1006 });
  timers[0].callback();
  latest().onclose({ code: 1006 });
  equal(timers.map(({ ms }) => ms), [200, 400]);
  timers[1].callback();
  latest().onopen({});
  receive({ kind: "snapshot" });
  world.now += 60_000;
  latest().onclose({ code: 1012 });
  equal(timers.map(({ ms }) => ms), [200, 400, 200]);
  equal(seen.statuses, ["connecting", "reconnecting", "reconnecting", "live", "reconnecting"]);
});

Deno.test("a refusal is final", () => {
  const { seen, timers, socket, latest, receive } = scene();
  socket.start();
  receive({ kind: "refusal", text: "t", remedy: "r" });
  latest().onclose({ code: 1000 });
  equal(seen.statuses, ["connecting", "refused"]);
  equal(timers, []);
});

Deno.test("an orderly close of a run that is over is the end, and of one that is not a reason to return", () => {
  const { seen, world, timers, socket, latest } = scene();
  socket.start();
  latest().onclose({ code: 1000 });
  equal(timers.length, 1);
  timers[0].callback();
  world.isOver = true;
  latest().onclose({ code: 1000 });
  equal(timers.length, 1);
  equal(seen.statuses, ["connecting", "reconnecting", "ended"]);
});

Deno.test("restart drops the connection, whose later frames and close do not count", () => {
  const { seen, timers, socket, connections } = scene();
  socket.start();
  socket.restart();
  equal(connections[0].isClosed, true);
  connections[0].onmessage({ data: '{"kind":"delta"}' });
  connections[0].onclose({ code: 1006 });
  equal(seen.frames, []);
  equal(timers.length, 1);
  timers[0].callback();
  equal(connections.length, 2);
});
