/** The projector of a room: the code while people come in, the question and its guesses, the run, and what it cost. */

import { find, h, setText } from "../views/dom.js";
import { connect } from "./connection.js";
import { drawCosts } from "./costs.js";
import { drawGuesses } from "./guesses.js";
import { drawLosses } from "./losses.js";
import { texts } from "./texts.js";

/** @import {RoomFrame} from "./types.js" */

const page = find("#screen");
const over = find(".screen-over", page);
const stage = /** @type {HTMLIFrameElement} */ (find(".screen-stage", page));

connect(page.dataset.socket ?? "", {
  onFrame: (frame) => draw(/** @type {RoomFrame} */ (frame)),
  onState(state, text) {
    over.hidden = state === "live" || state === "connecting";
    setText(over, state === "over" ? text : texts.link[state]);
  },
});

/** @param {RoomFrame} room */
function draw(room) {
  page.dataset.phase = room.phase;
  find(".screen-lobby", page).hidden = room.phase !== "lobby";
  find(".screen-lesson", page).hidden = room.phase === "lobby";
  const here = room.seats.filter((seat) => seat.here).length;
  const words = texts.here(here);
  setText(find(".count-number", page), words.slice(0, words.indexOf(" ")));
  setText(find(".count-word", page), words.slice(words.indexOf(" ") + 1));
  setText(find(".screen-mini-count", page), words);
  seats(room);
  if (room.phase !== "lobby") lesson(room);
}

/** @param {RoomFrame} room */
function seats(room) {
  const place = find(".screen-seats", page);
  const drawn = JSON.stringify(room.seats.map((seat) => [seat.number, seat.name, seat.here]));
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(
    ...room.seats.slice(-60).map((seat) => {
      const item = h("li", "", [seat.name || `#${seat.number}`]);
      item.dataset.here = String(seat.here);
      return item;
    }),
  );
}

/** @param {RoomFrame} room */
function lesson(room) {
  const { lesson } = room;
  setText(
    find(".screen-kicker", page),
    room.is_fix ? texts.fixKicker : texts.kicker(lesson?.number ?? 0, lesson?.minutes ?? 0),
  );
  setText(find(".screen-title", page), room.is_fix && lesson ? lesson.fix_title : lesson?.title ?? "");
  find(".screen-ask", page).hidden = room.phase !== "ask";
  find(".screen-run", page).hidden = room.phase !== "run";
  find(".screen-result", page).hidden = room.phase !== "result";
  setText(find(".screen-question", page), lesson?.question ?? "");
  const ask = lesson?.predict?.ask ?? "";
  setText(find(".screen-predict", page), ask === lesson?.question ? "" : ask);
  // Nobody guesses freely who sees what the others said: until the result only their number is shown.
  setText(
    find(".screen-guessed", page),
    ask && room.guesses.length ? texts.guesses(room.guesses.length) : "",
  );
  const guessed = {
    guesses: room.guesses,
    answer: room.answer,
    prediction: null,
    asked: lesson?.predict ?? null,
  };
  drawGuesses(find(".screen-result .guesses", page), guessed);
  drawCosts(find(".screen-result .costs", page), room);
  setText(find(".screen-price", page), room.is_fix && lesson?.price ? texts.price(lesson.price) : "");
  run(room);
}

/** @param {RoomFrame} room */
function run(room) {
  const source = room.run && room.phase === "run" ? `/rooms/stage/${room.run}/?embed=1` : "";
  if (stage.dataset.source !== source) {
    stage.dataset.source = source;
    stage.hidden = !source;
    if (source) stage.src = source;
    else stage.removeAttribute("src");
  }
  setText(find(".big-share", page), texts.shareOf(room.stale_readers, room.readers));
  setText(find(".big-words", page), texts.shareWords(room.stale_readers, room.readers));
  find(".side-stale", page).title = texts.staleTitle;
  find(".side-sold", page).hidden = !room.sold.length;
  setText(
    find(".sold-words", page),
    room.sold.map(([key, sold, of]) => texts.sold(key, sold, of)).join(", "),
  );
  drawLosses(find(".losses", page), room.losses);
  find(".losses-none", page).hidden = room.losses.length > 0;
}
