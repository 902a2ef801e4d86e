/**
 * A room's WebSocket: whole states come in, wishes go out, and it comes back by itself, quickly after a phone has slept.
 *
 * Each wish is answered by `done` or `refused`. What was on its way when the connection broke is answered `lost`: it may
 * have happened.
 */

import { backoffMs } from "../backoff.js";

const GOOD_AFTER_MS = 5_000;
const ANSWER_WITHIN_MS = 8_000;

/**
 * @typedef {"connecting"|"live"|"away"|"over"} LinkState
 * @typedef {{kind: "done"}|{kind: "refused", error: string, remedy: string}|{kind: "lost"}} Answer
 * @param {string} path
 * @param {{onFrame: (frame: any) => void, onState: (state: LinkState, text: string) => void}} handlers
 */
export function connect(path, { onFrame, onState }) {
  /** @type {WebSocket|null} */
  let socket = null;
  let attempt = 0;
  let openedMs = 0;
  let isOver = false;
  let number = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  /** @type {Map<string, (answer: Answer) => void>} */
  const waiting = new Map();

  function open() {
    clearTimeout(timer);
    if (isOver || socket) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const current = new WebSocket(`${scheme}//${location.host}${path}`);
    socket = current;
    current.onopen = () => openedMs = Date.now();
    current.onmessage = ({ data }) => {
      if (socket === current) receive(JSON.parse(data));
    };
    current.onclose = () => {
      if (socket === current) closed();
    };
  }

  /** @param {any} frame */
  function receive(frame) {
    if (frame.kind === "done" || frame.kind === "refused") {
      waiting.get(frame.id)?.(frame);
      return;
    }
    if (frame.kind === "over") {
      isOver = true;
      onState("over", `${frame.error} ${frame.remedy}`);
      return;
    }
    onState("live", "");
    onFrame(frame);
  }

  function closed() {
    socket = null;
    for (const answer of [...waiting.values()]) answer({ kind: "lost" });
    if (isOver) return;
    if (openedMs && Date.now() - openedMs > GOOD_AFTER_MS) attempt = 0;
    openedMs = 0;
    onState("away", "");
    timer = setTimeout(open, backoffMs(attempt, Math.random, { base_ms: 400, max_ms: 5_000 }));
    attempt += 1;
  }

  // A phone that wakes up finds a dead socket: a new one at once, whatever the old one believes.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || isOver) return;
    attempt = 0;
    if (!socket || socket.readyState > WebSocket.OPEN) {
      socket = null;
      open();
    }
  });
  addEventListener("online", () => open());

  onState("connecting", "");
  open();
  return {
    /** @param {Record<string, unknown>} wish @returns {Promise<Answer>} */
    say(wish) {
      const current = socket;
      if (!current || current.readyState !== WebSocket.OPEN) return Promise.resolve({ kind: "lost" });
      const id = `w${++number}`;
      return new Promise((resolve) => {
        const late = setTimeout(() => finish({ kind: "lost" }), ANSWER_WITHIN_MS);
        /** @param {Answer} answer */
        const finish = (answer) => {
          clearTimeout(late);
          waiting.delete(id);
          resolve(answer);
        };
        waiting.set(id, finish);
        current.send(JSON.stringify({ ...wish, id }));
      });
    },
  };
}
