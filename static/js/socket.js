/**
 * The run's WebSocket: says first where this page stopped, hands over frames, and comes back by itself.
 *
 * Its state is one of: connecting, live, reconnecting (with the time of the next attempt), ended (the run is over and
 * the server closed in order), refused (the server said why; it is not asked again). It knows frames only as far as
 * their `kind`; what they mean is the store's business.
 *
 * @import {Frame} from "./types.js"
 */

import { backoffMs } from "./backoff.js";

/** A connection that lived this long was a good one: the next failure starts again with a short wait. */
const GOOD_AFTER_MS = 5_000;
const CLOSED_IN_ORDER = 1000;

/**
 * @typedef {{name: "connecting"|"live"|"reconnecting"|"ended"|"refused", attempt: number, retry_at_ms: number|null}} Status
 *
 * @typedef {object} SocketLike
 * @property {((event: any) => void)|null} onopen
 * @property {((event: any) => void)|null} onmessage
 * @property {((event: any) => void)|null} onclose
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 *
 * @typedef {object} SocketOptions
 * @property {() => SocketLike} open makes a new connection
 * @property {() => {boot: string, seq: number}} position where this page stopped; seq -1 asks for a snapshot
 * @property {(frame: Frame) => void} onFrame
 * @property {(status: Status) => void} onStatus
 * @property {() => boolean} isOver whether the run is over, so that an orderly close is the end
 * @property {() => number} [random]
 * @property {() => number} [nowMs]
 * @property {(callback: () => void, ms: number) => any} [later]
 * @property {(handle: any) => void} [cancel]
 */

/** @param {SocketOptions} options */
export function createSocket(options) {
  const random = options.random ?? Math.random;
  const nowMs = options.nowMs ?? (() => Date.now());
  const later = options.later ?? ((callback, ms) => setTimeout(callback, ms));
  const cancel = options.cancel ?? ((handle) => clearTimeout(handle));
  /** @type {SocketLike|null} */
  let socket = null;
  let attempt = 0;
  let openedMs = 0;
  /** @type {any} */
  let timer = null;
  let isFinal = false;
  /** @type {Status["name"]|null} */
  let said = null;

  /** @param {Status["name"]} name @param {number|null} [retry_at_ms] */
  function say(name, retry_at_ms = null) {
    if (name === said && name === "live") return;
    said = name;
    options.onStatus({ name, attempt, retry_at_ms });
  }

  function connect() {
    timer = null;
    if (attempt === 0) say("connecting");
    const current = options.open();
    socket = current;
    current.onopen = () => {
      openedMs = nowMs();
      current.send(JSON.stringify({ kind: "resume", ...options.position() }));
    };
    current.onmessage = ({ data }) => {
      if (socket === current) receive(data);
    };
    current.onclose = ({ code }) => {
      if (socket === current) closed(code);
    };
  }

  /** @param {string} text */
  function receive(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if (frame.kind === "refusal") {
      isFinal = true;
      options.onFrame(frame);
      say("refused");
      return;
    }
    say("live");
    options.onFrame(frame);
  }

  /** @param {number} code */
  function closed(code) {
    socket = null;
    if (isFinal) return;
    if (code === CLOSED_IN_ORDER && options.isOver()) {
      isFinal = true;
      say("ended");
      return;
    }
    if (openedMs && nowMs() - openedMs > GOOD_AFTER_MS) attempt = 0;
    openedMs = 0;
    const wait = backoffMs(attempt, random);
    attempt += 1;
    say("reconnecting", nowMs() + wait);
    timer = later(connect, wait);
  }

  return {
    start: connect,
    /** Drops this connection and soon asks on a new one: used when a frame did not fit. */
    restart() {
      if (isFinal) return;
      drop();
      timer = later(connect, backoffMs(0, random));
    },
    stop() {
      isFinal = true;
      drop();
    },
  };

  function drop() {
    if (timer !== null) cancel(timer);
    timer = null;
    const old = socket;
    socket = null;
    old?.close(CLOSED_IN_ORDER);
  }
}
