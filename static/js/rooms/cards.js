/**
 * The cards of a phone: each key as this session last saw it, and what can be done with it.
 *
 * @import {SeatFrame, Offer, KeyView} from "./types.js"
 */

import { h, setText } from "../views/dom.js";
import { texts } from "./texts.js";

/**
 * @typedef {object} Deps
 * @property {(button: HTMLButtonElement|null, answer: HTMLElement, what: string, key: string, value: unknown) => Promise<boolean>} act
 * @property {(now: SeatFrame) => boolean} isPlaying
 * @property {(update: (now: SeatFrame) => void) => void} onUpdate called with what has to be done for each frame
 * @param {Deps} deps
 */
export function createCards({ act, isPlaying, onUpdate }) {
  return card;

  /** One key as this session last saw it, and what can be done with it. @param {string} key @param {Offer[]} offers */
  function card(key, offers) {
    const value = h("div", "card-value");
    const note = h("p", "card-note");
    const answer = h("p", "seat-answer");
    answer.setAttribute("role", "status");
    const look = h("button", "button card-look", [texts.look]);
    look.type = "button";
    look.addEventListener("click", () => act(look, answer, "read", key, null));
    const tools = h("div", "card-tools");
    const box = h("article", "card", [
      h("header", "card-head", [h("h2", "", [texts.key(key)]), look]),
      value,
      note,
    ]);
    for (const offer of offers) {
      if (offer.takes === "text") box.append(textForm(offer, answer));
      else if (offer.takes === "") tools.append(plainButton(offer, answer));
    }
    if (tools.childElementCount) box.append(tools);
    box.append(answer);
    const removes = offers.some((offer) => offer.do === "remove");
    onUpdate((now) => {
      const view = now.views.find((one) => one.key === key);
      fill(value, view, key, removes ? (item) => act(null, answer, "remove", key, item) : null);
      box.dataset.stale = view?.lacking ? "true" : "false";
      setText(note, !view ? "" : view.lacking ? texts.stale(view.lacking) : texts.fresh);
      for (const button of box.querySelectorAll("button, input")) {
        /** @type {HTMLButtonElement} */ (button).disabled = !isPlaying(now);
      }
    });
    return box;
  }

  /** @param {Offer} offer @param {HTMLElement} answer */
  function textForm(offer, answer) {
    const input = h("input", "card-input");
    input.maxLength = 40;
    input.required = true;
    input.autocomplete = "off";
    input.placeholder = texts.placeholder[offer.kind] ?? "";
    input.setAttribute("aria-label", input.placeholder);
    const button = h("button", "button is-primary", [texts.doing[offer.do]]);
    const form = h("form", "card-form", [input, button]);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (value && await act(button, answer, offer.do, offer.key, value)) input.value = "";
    });
    return form;
  }

  /** @param {Offer} offer @param {HTMLElement} answer */
  function plainButton(offer, answer) {
    const button = h("button", "button is-primary is-wide", [texts.doing[offer.do]]);
    button.type = "button";
    if (offer.do === "clear") button.className = "button";
    button.addEventListener("click", () => act(button, answer, offer.do, offer.key, null));
    return button;
  }
}

/** @param {HTMLElement} place @param {KeyView|undefined} view @param {string} key @param {((item: string) => void)|null} remove */
function fill(place, view, key, remove) {
  const drawn = JSON.stringify(view?.value ?? null) + (view ? "seen" : "");
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  if (!view) return place.replaceChildren(h("span", "muted", [texts.neverLooked]));
  const { value } = view;
  if (Array.isArray(value)) {
    const items = value.map((item) => {
      if (!remove) return h("li", "", [texts.content(item)]);
      const button = h("button", "item-remove", ["×"]);
      button.type = "button";
      button.setAttribute("aria-label", `${texts.doing.remove}: ${texts.content(item)}`);
      button.addEventListener("click", () => remove(String(item)));
      return h("li", "", [texts.content(item), button]);
    });
    return place.replaceChildren(items.length ? h("ul", "", items) : h("span", "muted", [texts.nothing]));
  }
  if (value && typeof value === "object") {
    const fields = Object.entries(value).map(([name, v]) => texts.field(name, v));
    return place.replaceChildren(
      h("dl", "", fields.flatMap(([name, v]) => [h("dt", "", [name]), h("dd", "", [v])])),
    );
  }
  const isOrder = key.startsWith("guest-");
  const text = value === null ? (isOrder ? texts.notThere : texts.nothing) : texts.content(value);
  place.replaceChildren(
    h("span", value === null ? "muted" : typeof value === "number" ? "is-number" : "", [text]),
  );
}
