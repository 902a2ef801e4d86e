/** The presenter's desk: what to say, what to press, and how the room is doing. Works with keys and with a clicker. */

import { createControls, post } from "../views/controls.js";
import { find, h, setText } from "../views/dom.js";
import { connect } from "./connection.js";
import { drawGuesses } from "./guesses.js";
import { drawLosses } from "./losses.js";
import { figure, texts } from "./texts.js";

/** @import {RoomFrame, SeatView} from "./types.js" */

const page = find("#desk");
const link = find(".connection", page);
const choose = /** @type {HTMLFormElement} */ (find(".desk-choose", page));
const lessons = /** @type {HTMLSelectElement} */ (find("#scenario", page));
const token = /** @type {HTMLInputElement} */ (find("input[name=csrfmiddlewaretoken]", choose)).value;
let step = 0;
let lessonShown = "";

createControls(page);
connect(page.dataset.socket ?? "", {
  onFrame: (frame) => draw(/** @type {RoomFrame} */ (frame)),
  onState(state, text) {
    link.dataset.state = state === "live" ? "live" : "reconnecting";
    setText(link, state === "over" ? text : texts.link[state]);
  },
});

/** @param {RoomFrame} room */
function draw(room) {
  lesson(room);
  facts(room);
  people(room.seats);
  drawGuesses(find(".guesses", page), {
    guesses: room.guesses,
    answer: room.answer,
    prediction: room.prediction,
    asked: room.lesson?.predict ?? null,
  });
  drawLosses(find(".losses", page), room.losses);
  const isPlaying = room.phase === "run";
  enable("#stop", isPlaying);
  enable("#play", room.state !== "ended");
  enable("#fix", Boolean(room.run && room.lesson?.fix_title));
  // What a presenter does next stands out: ask, play, play the fix, ask the next one.
  const next = {
    lobby: ".desk-choose .button",
    ask: "#play",
    run: "",
    result: room.is_fix ? "#next" : "#fix",
  }[room.phase];
  for (const selector of [".desk-choose .button", "#play", "#fix", "#next"]) {
    find(selector, page).classList.toggle("is-primary", selector === next);
  }
  form("#lock").hidden = room.state !== "open";
  form("#unlock").hidden = room.state !== "locked";
  form("#show-names").hidden = room.names_shown;
  form("#hide-names").hidden = !room.names_shown;
}

/** @param {RoomFrame} room */
function lesson({ lesson, is_fix }) {
  const shown = JSON.stringify([lesson, is_fix]);
  if (shown === lessonShown) return;
  lessonShown = shown;
  step = 0;
  if (lesson) lessons.value = lesson.scenario;
  const kicker = is_fix ? texts.fixKicker : texts.kicker(lesson?.number ?? 0, lesson?.minutes ?? 0);
  const place = texts.progress(lessons.selectedIndex + 1, lessons.options.length);
  setText(find(".desk-kicker", page), lesson ? `${kicker} · ${place}` : kicker);
  setText(find(".desk-title", page), (is_fix ? lesson?.fix_title : lesson?.title) ?? "");
  setText(find(".desk-summary", page), lesson?.summary ?? "");
  setText(find(".desk-notes", page), lesson?.notes ?? "");
  setText(find(".desk-price", page), lesson?.price ? texts.price(lesson.price) : "");
  const steps = (lesson?.steps ?? []).map((one) => {
    const words = [h("span", "step-when", [texts.when(one.at_s)]), h("span", "step-say", [one.say])];
    if (one.ask) words.push(h("em", "step-ask", [one.ask]));
    return h("li", "", words);
  });
  find(".desk-steps", page).replaceChildren(...steps);
  mark();
}

function mark() {
  [...find(".desk-steps", page).children].forEach((item, index) => {
    if (index === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

/** @param {RoomFrame} room */
function facts(room) {
  const here = room.seats.filter((seat) => seat.here).length;
  const { facts: names } = texts;
  /** @type {[string, string][]} */
  const rows = [
    [names.people, `${figure(here)} of ${figure(room.seats.length)}`],
    [names.phase, texts.phases[room.phase] ?? room.phase],
    [names.run, room.run_state || "–"],
    [names.guesses, figure(room.guesses.length)],
    [names.updates, figure(room.updates)],
    [names.stale, texts.staleOf(room.stale_readers, room.readers, room.stale_reads, room.reads)],
    [names.lost, figure(room.loss_count)],
    ...room.sold.map((
      [key, sold, of],
    ) => /** @type {[string, string]} */ ([texts.key(key), `${figure(sold)} / ${figure(of)}`])),
  ];
  const place = find(".desk-facts", page);
  const drawn = JSON.stringify(rows);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", "", [name]), h("dd", "", [value])]));
}

/** @param {SeatView[]} seats */
function people(seats) {
  const place = find(".people", page);
  find(".people-none", page).hidden = seats.length > 0;
  const drawn = JSON.stringify(seats);
  if (place.dataset.drawn === drawn || place.querySelector("form")) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(...seats.map(person));
}

/** @param {SeatView} seat */
function person(seat) {
  const rename = h("button", "button is-small", [texts.rename]);
  rename.setAttribute("aria-label", texts.renameLabel(seat.name));
  const free = h("button", "button is-small is-danger", [texts.remove]);
  free.setAttribute("aria-label", texts.removeLabel(seat.name));
  const item = h("li", "person", [
    h("span", "person-number", [String(seat.number)]),
    h("span", "person-name", [seat.name]),
    h("span", "muted", [seat.here ? seat.target : texts.away]),
    rename,
    free,
  ]);
  item.dataset.here = String(seat.here);
  rename.addEventListener("click", () => item.replaceChildren(renaming(seat)));
  free.addEventListener("click", () => {
    if (free.dataset.armed) command("remove", { seat: String(seat.number) });
    free.dataset.armed = "true";
    setText(free, texts.reallyRemove);
  });
  return item;
}

/** @param {SeatView} seat */
function renaming(seat) {
  const input = h("input", "");
  input.value = seat.name;
  input.maxLength = 24;
  input.setAttribute("aria-label", texts.newName);
  const form = h("form", "person-form", [input, h("button", "button is-small", [texts.rename])]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await command("rename", { seat: String(seat.number), name: input.value });
    form.remove();
    find(".people", page).dataset.drawn = "";
  });
  setTimeout(() => input.focus());
  return form;
}

/** @param {string} name @param {Record<string, string>} fields */
function command(name, fields) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", token);
  for (const [field, value] of Object.entries(fields)) data.set(field, value);
  return post(choose.action.replace("/do/choose/", `/do/${name}/`), data);
}

/** @param {string} selector @param {boolean} isEnabled */
function enable(selector, isEnabled) {
  /** @type {HTMLButtonElement} */ (find(selector, page)).disabled = !isEnabled;
}

/** @param {string} selector */
function form(selector) {
  return /** @type {HTMLElement} */ (find(selector, page).closest("form"));
}

/** @param {number} by */
function move(by) {
  const index = Math.max(0, Math.min(lessons.options.length - 1, lessons.selectedIndex + by));
  if (index === lessons.selectedIndex) return;
  lessons.selectedIndex = index;
  choose.requestSubmit();
}

find("#previous", page).addEventListener("click", () => move(-1));
find("#next", page).addEventListener("click", () => move(1));

/** A clicker has two keys: through the steps, and past the last one nothing happens by accident. */
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement &&
    /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  const by = { PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1 }[event.key];
  if (!by || isTyping) return;
  event.preventDefault();
  const count = find(".desk-steps", page).childElementCount;
  step = Math.max(0, Math.min(count - 1, step + by));
  mark();
});
