/**
 * A participant's phone: one replica's view, in that replica's colour, and the scenario's own actions.
 *
 * It shows what this session was last answered, never what is true elsewhere: that is the lesson.
 */

import { find, h, setText } from "../views/dom.js";
import { createCards } from "./cards.js";
import { connect } from "./connection.js";
import { texts } from "./texts.js";

/**
 * @import {SeatFrame} from "./types.js"
 * @import {Answer} from "./connection.js"
 */

const page = find("#seat");
const head = find(".seat-head", page);
const body = find(".seat-body", page);
const events = find(".seat-events", page);
const link = find(".seat-link", page);
const skus = Object.keys(JSON.parse(find("#skus").textContent ?? "{}"));
const countries = /** @type {string[]} */ (JSON.parse(find("#countries").textContent ?? "[]"));

/** @type {SeatFrame|null} */
let frame = null;
/** What the body was built for; within one layout only its texts change, so that nobody's typing is lost. */
let layout = "";
/** @type {((frame: SeatFrame) => void)[]} */
let updates = [];
const card = createCards({ act, isPlaying, onUpdate: (update) => updates.push(update) });
/** Keys that were looked at once by themselves. @type {Set<string>} */
const looked = new Set();

const connection = connect(page.dataset.socket ?? "", {
  onFrame(next) {
    frame = /** @type {SeatFrame} */ (next);
    draw(frame);
  },
  onState(state, text) {
    link.dataset.state = state;
    setText(link, texts.link[state]);
    if (state === "over") show(h("h1", "seat-lesson", [texts.link.over]), h("p", "seat-words", [text]));
  },
});

/** @param {SeatFrame} now */
function draw(now) {
  head.dataset.tone = now.target ? `other-${now.tone}` : "none";
  setText(find(".seat-target", head), now.target ? texts.at(now.target) : texts.noTarget);
  setText(find(".seat-who", head), texts.who(now.number, now.name));
  const wanted = JSON.stringify([
    now.phase,
    now.lesson,
    now.offers,
    now.subject,
    now.orders,
    now.run_state === "running",
  ]);
  if (wanted !== layout) {
    layout = wanted;
    updates = [];
    build(now);
  }
  for (const update of updates) update(now);
  events.replaceChildren(...told(now));
  lookOnce(now);
}

/** What happened, newest first; the same some times in a row is told once. @param {SeatFrame} now */
function told(now) {
  /** @type {{text: string, tone: string, times: number}[]} */
  const lines = [];
  for (const event of [...now.events].reverse()) {
    const [text, last] = [texts.event(event, now.names), lines[lines.length - 1]];
    if (last?.text === text) last.times += 1;
    else lines.push({ text, tone: event.tone, times: 1 });
  }
  return lines.map(({ text, tone, times }) => {
    const item = h("li", "seat-event", [texts.repeated(text, times)]);
    item.dataset.tone = tone;
    return item;
  });
}

/** @param {SeatFrame} now */
function build(now) {
  if (now.phase === "lobby" || (!now.lesson && !now.run_state)) {
    return show(h("h1", "seat-lesson", [now.room]), h("p", "seat-words", [texts.lobby]));
  }
  if (now.phase === "ask") return show(...question(now));
  /** @type {HTMLElement[]} */
  const parts = [h("h1", "seat-lesson", [now.lesson])];
  if (now.phase === "result" || (now.run_state && !isPlaying(now))) {
    parts.push(h("p", "seat-words", [texts.over]));
  }
  if (now.reason) parts.push(h("p", "seat-words", [now.reason]));
  else if (now.subject === "order") {
    parts.push(
      orderForm(now),
      ...now.orders.map((key) => card(key, [])).reverse(),
    );
  } else {for (const key of new Set(now.offers.map((offer) => offer.key))) {
      parts.push(card(key, now.offers.filter((o) => o.key === key)));
    }}
  const score = h("p", "seat-score");
  updates.push(({ score: s, waiting }) =>
    setText(score, [texts.score(s), texts.waiting(waiting)].filter(Boolean).join(" · "))
  );
  show(...parts, score);
}

/** @param {SeatFrame} now */
function isPlaying(now) {
  return now.phase === "run" && ["running", "draining"].includes(now.run_state);
}

/** @param {SeatFrame} now @returns {HTMLElement[]} */
function question(now) {
  const asked = now.predict;
  const parts = [h("h1", "seat-lesson", [now.lesson])];
  if (asked?.ask !== now.question) parts.push(h("p", "seat-question", [now.question]));
  if (!asked) return parts;
  const number = h("input", "guess-number");
  const slider = h("input", "guess-slider");
  for (
    const [input, type]
      of /** @type {[HTMLInputElement, string][]} */ ([[number, "number"], [slider, "range"]])
  ) {
    input.type = type;
    input.min = "0";
    input.max = String(asked.most);
    input.step = asked.most <= 10 ? "1" : "any";
    input.value = now.guess === null ? "" : String(now.guess); // a number that stands there would be everybody's guess
    input.setAttribute("aria-label", texts.guessTitle);
  }
  if (asked.most > 10) slider.step = "1";
  slider.addEventListener("input", () => number.value = slider.value);
  number.addEventListener("input", () => slider.value = number.value);
  const button = h("button", "button is-primary is-wide", [texts.guessButton]);
  const answer = h("p", "seat-answer");
  answer.setAttribute("role", "status");
  const form = h("form", "guess-form", [
    h("p", "seat-predict", [asked.ask]),
    h("div", "guess-row", [number, h("span", "guess-unit", [asked.unit])]),
    slider,
    button,
    answer,
  ]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (number.value === "") return;
    tell(answer, await connection.say({ kind: "guess", value: Number(number.value) }), texts.guessKept);
  });
  updates.push(({ guess }) => setText(button, guess === null ? texts.guessButton : texts.guessAgain));
  return [...parts, form];
}

/** @param {SeatFrame} now */
function orderForm(now) {
  const [sku, country] = [options(skus, texts.article), options(countries, texts.country)];
  const button = h("button", "button is-primary is-wide", [texts.doing.place]);
  const answer = h("p", "seat-answer");
  answer.setAttribute("role", "status");
  const form = h("form", "card order-form", [h("div", "order-row", [sku, country]), button, answer]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const offer = now.offers[0];
    act(button, answer, offer.do, offer.key, { sku: select(sku).value, country: select(country).value });
  });
  updates.push((next) => button.disabled = !isPlaying(next));
  return form;
}

/** @param {string[]} values @param {string} label */
function options(values, label) {
  const chosen = h("select", "", values.map((value) => h("option", "", [value])));
  return h("label", "field", [label, chosen]);
}

/** @param {HTMLElement} label */
function select(label) {
  return /** @type {HTMLSelectElement} */ (find("select", label));
}

/**
 * @param {HTMLButtonElement|null} button @param {HTMLElement} answer
 * @param {string} what @param {string} key @param {unknown} value
 */
async function act(button, answer, what, key, value) {
  if (button?.getAttribute("aria-busy") === "true") return false;
  button?.setAttribute("aria-busy", "true");
  const said = await connection.say({ kind: "act", do: what, key, value });
  button?.removeAttribute("aria-busy");
  tell(answer, said, "");
  // What one has just changed, one looks at: a page would reload.
  if (said.kind === "done" && what !== "read" && what !== "place") {
    setTimeout(() => connection.say({ kind: "act", do: "read", key, value: null }), 400);
  }
  return said.kind === "done";
}

/** @param {HTMLElement} place @param {Answer} answer @param {string} praise */
function tell(place, answer, praise) {
  place.dataset.tone = answer.kind === "done" ? "good" : "bad";
  setText(
    place,
    answer.kind === "done"
      ? praise
      : answer.kind === "lost"
      ? texts.maybe
      : `${answer.error} ${answer.remedy}`,
  );
}

/** Every key is looked at once when it comes up, as a page is when it is opened. @param {SeatFrame} now */
function lookOnce(now) {
  if (!isPlaying(now) || now.reason) return;
  const keys = now.subject === "order" ? now.orders : now.offers.map((offer) => offer.key);
  for (const key of new Set(keys)) {
    const name = `${now.lesson} ${key}`;
    if (looked.has(name) || now.views.some((view) => view.key === key)) continue;
    looked.add(name);
    connection.say({ kind: "act", do: "read", key, value: null });
  }
}

/** @param {...HTMLElement} parts */
function show(...parts) {
  body.replaceChildren(...parts);
}
