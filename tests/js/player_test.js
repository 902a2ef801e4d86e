/** The player: one clock, one question at a time, frames handed on when they are due; and the address of a view. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { createPlayer } from "../../static/js/player.js";
import { formatView, parseView } from "../../static/js/view_url.js";

/** @typedef {import("../../static/js/types.js").Frame} Frame */

/** A run whose frames say no more than when they are. @param {{start_us?: number, end_us: number, isOver?: boolean}} run */
function recorded(run) {
  const { start_us = 0 } = run;
  /** @type {string[]} */
  const asked = [];
  /** @type {any[]} */
  const shown = [];
  const clip = (/** @type {number} */ us) => Math.min(Math.max(us, start_us), run.end_us);
  return {
    asked,
    shown,
    /** @param {string} path */
    ask(path) {
      asked.push(path);
      const query = new URLSearchParams(path.split("?")[1]);
      const number = (/** @type {string} */ name) => Number(query.get(name));
      const step = { next: 1_000, previous: -1_000 }[query.get("step") ?? ""] ?? 0;
      const frames = path.startsWith("at?")
        ? [{ kind: "snapshot", seq: 0, at_us: clip(number("us") + step) }]
        : [{ kind: "snapshot", seq: 0, at_us: clip(number("from_us")) }];
      let at_us = clip(number("from_us"));
      while (path.startsWith("frames?") && at_us < clip(number("to_us"))) {
        at_us = clip(at_us + number("step_us"));
        frames.push({ kind: "delta", seq: frames.length, at_us });
      }
      const { end_us, isOver = true } = run;
      return Promise.resolve(/** @type {any} */ ({ frames, start_us, end_us, is_over: isOver }));
    },
    onFrame: (/** @type {Frame} */ frame) => shown.push(frame),
  };
}

/** @param {ReturnType<typeof recorded>[]} reels */
function playing(...reels) {
  /** @type {string[]} */
  const happened = [];
  const player = createPlayer({
    reels,
    onMove() {},
    onEnd: () => happened.push("end"),
    onError: (error) => happened.push(String(error)),
  });
  return { player, happened };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("the clock plays at its speed, and frames come when they are due, in order and without a gap", async () => {
  const run = recorded({ end_us: 20_000_000 });
  const { player, happened } = playing(run);
  await player.seek(1_000_000);
  player.setSpeed(2);
  player.play();
  for (let ms = 0; ms <= 9_500; ms += 20) {
    player.tick(ms);
    await settled();
  }
  equal(happened, ["end"]);
  equal(player.state().clock_us, 20_000_000);
  equal(run.shown.slice(1).map((frame) => frame.seq), run.shown.slice(1).map((_, index) => index + 1));
  equal(run.shown[run.shown.length - 1].at_us, 20_000_000);
  ok(run.asked.length < 6, `few questions, not ${run.asked.length}`);
});

Deno.test("the clock waits where frames are late", async () => {
  const run = recorded({ end_us: 20_000_000 });
  const { player } = playing(run);
  await player.seek(0);
  player.play();
  player.tick(0);
  player.tick(5_000);
  equal(player.state().clock_us, 0);
  await settled();
  player.tick(5_100);
  equal(player.state().clock_us, 100_000);
});

Deno.test("while one instant is asked for, of all that are wished for meanwhile only the last one is", async () => {
  const run = recorded({ end_us: 20_000_000 });
  const { player } = playing(run);
  for (let us = 1_000_000; us <= 9_000_000; us += 1_000_000) player.seek(us);
  for (let turn = 0; turn < 5; turn += 1) await settled();
  equal(run.asked, ["at?us=1000000", "at?us=9000000"]);
  equal(player.state().clock_us, 9_000_000);
});

/** A run whose answers come when they are let go of. @param {ReturnType<typeof recorded>} run */
function held(run) {
  /** @type {(() => void)[]} */
  const open = [];
  return {
    ...run,
    /** @param {string} path */
    ask: async (path) => {
      await new Promise((resolve) => open.push(() => resolve(null)));
      return run.ask(path);
    },
    /** Lets go of the oldest answer. */
    async answer() {
      open.shift()?.();
      await settled();
    },
  };
}

Deno.test("it is seeking until the picture is of the instant that is wished for, however the wishes come", async () => {
  const run = held(recorded({ end_us: 20_000_000 }));
  const { player } = playing(run);
  const last = () => run.shown.at(-1)?.at_us;
  player.seek(9_000_000);
  player.seek(8_000_000);
  await run.answer();
  player.seek(7_000_000);
  player.setSpeed(2);
  await run.answer();
  equal([player.state().clock_us, last(), player.state().isSeeking], [7_000_000, 8_000_000, true]);
  await run.answer();
  equal([player.state().clock_us, last(), player.state().isSeeking], [7_000_000, 7_000_000, false]);
});

Deno.test("whoever leaves gets no picture of what was asked for before, nor a step that was found too late", async () => {
  const run = held(recorded({ end_us: 20_000_000 }));
  const { player } = playing(run);
  player.seek(9_000_000);
  player.leave();
  await run.answer();
  equal([run.shown, player.state().isSeeking], [[], false]);
  player.step(1);
  player.seek(3_000_000);
  await run.answer();
  await run.answer();
  equal([player.state().clock_us, run.shown.map((frame) => frame.at_us)], [3_000_000, [3_000_000]]);
});

Deno.test("runs that began at other times have one clock, and a step leads to the nearest event of any", async () => {
  const early = recorded({ start_us: 0, end_us: 5_000_000 });
  const late = recorded({ start_us: 1_700_000_000_000_000, end_us: 1_700_000_000_000_000 + 9_000_000 });
  const { player } = playing(early, late);
  await player.seek(6_000_000);
  equal(player.state().end_us, 9_000_000);
  await player.seek(3_000_000);
  equal(early.shown[early.shown.length - 1].at_us, 3_000_000);
  equal(late.shown[late.shown.length - 1].at_us - 1_700_000_000_000_000, 3_000_000);
  await player.step(-1, "a key");
  equal(player.state().clock_us, 2_999_000);
  ok(early.asked.includes("at?us=3000000&step=previous&key=a%20key"));
});

Deno.test("for a run that goes on the clock waits, and goes on with it; it is the end only when that is over", async () => {
  const over = recorded({ end_us: 9_000_000 });
  const goes = { end_us: 2_000_000, isOver: false };
  const on = recorded(goes);
  const { player, happened } = playing(over, on);
  await player.seek(0);
  player.play();
  /** @param {number} from @param {number} to */
  const roll = async (from, to) => {
    for (let ms = from; ms <= to; ms += 50) {
      player.tick(ms);
      await settled();
    }
  };
  await roll(0, 4_000);
  equal([player.state().clock_us, player.state().isWaiting], [2_000_000, true]);
  goes.end_us = 12_000_000;
  await roll(4_050, 9_000);
  ok(player.state().clock_us > 5_000_000);
  await player.seek(11_000_000);
  equal(player.state().clock_us, 11_000_000);
  await player.seek(40_000_000);
  equal(player.state().clock_us, 12_000_000);
  await player.seek(6_000_000);
  goes.isOver = true;
  await roll(9_050, 30_000);
  equal([player.state().clock_us, happened], [12_000_000, ["end"]]);
});

Deno.test("what cannot be had stops it and is told", async () => {
  const { player, happened } = playing({
    ...recorded({ end_us: 1 }),
    ask: () => Promise.reject("no history"),
  });
  player.play();
  await player.seek(1_000_000);
  equal([happened, player.state().isPlaying], [["no history"], false]);
});

Deno.test("the address holds the whole view, and what others keep there", () => {
  /** @type {import("../../static/js/view_url.js").View} */
  const view = {
    t_us: 12_345_678,
    selection: { kind: "key", id: "cart:7 & more" },
    speed: 0.25,
    isPlaying: false,
    isProjector: true,
    theme: "dark",
  };
  const search = formatView(view, "?filter=tax&t=1&play=1");
  equal(parseView(search), view);
  equal(new URLSearchParams(search).get("filter"), "tax");
  const plain = { t_us: null, selection: null, speed: 1, isPlaying: false, isProjector: false, theme: "" };
  equal(formatView(plain, search), "?filter=tax");
});

Deno.test("of an address only what makes sense is taken", () => {
  const odd = parseView("?t=-1&at=nothing:7&speed=9&theme=<b>&projector=yes");
  equal(odd, { t_us: null, selection: null, speed: 1, isPlaying: false, isProjector: false, theme: "" });
  equal(parseView("?t=NaN&at=key:").selection, null);
  const window = parseView(`?at=${encodeURIComponent("window:value 2500000 o 1")}`).selection;
  equal(window, { kind: "window", id: "value 2500000 o 1", at_us: 2_500_000, ids: ["o 1"] });
});
