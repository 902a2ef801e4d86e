/**
 * The panel in which the presenter breaks a node or a link: what happens, how much of it, for how long.
 *
 * A popover where there is room, a sheet at the foot of a phone. It closes by Escape, by a click beside it, and once the
 * server has said yes; the focus goes back to where it came from.
 *
 * @import {FaultView} from "../types.js"
 * @import {Place} from "../figures/fault_entries.js"
 * @import {Answer} from "./controls.js"
 */

import { faultTexts as texts } from "../fault_texts.js";
import {
  AMOUNTS,
  entriesOf,
  hasDisk,
  isWay,
  kindsAt,
  LASTING_S,
  usualLasting,
} from "../figures/fault_entries.js";
import { lasting } from "../figures/faults.js";
import { h } from "./dom.js";

const GAP_PX = 10;
/** Narrower than this the panel is a sheet. */
const SHEET_PX = 620;

/** @typedef {{place: Place, topics: string[], ways: {source: string, target: string, topics: string[]}[]}} Subject */

/**
 * @param {HTMLElement} host
 * @param {{inject: (entry: Record<string, unknown>) => Promise<Answer>, heal: (id: string) => Promise<Answer>, faults: () => FaultView[]}} options
 */
export function createFaultPanel(host, { inject, heal, faults }) {
  const panel = h("div", "fault-panel");
  panel.id = "fault-panel";
  panel.setAttribute("popover", "auto");
  panel.setAttribute("role", "dialog");
  host.append(panel);
  /** @type {HTMLElement|SVGElement|null} */
  let opener = null;
  /** @type {{x: number, y: number}} */
  let at = { x: 0, y: 0 };
  panel.addEventListener("toggle", (event) => {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
    if (!isOpen && (document.activeElement === document.body || panel.contains(document.activeElement))) {
      opener?.focus();
    }
  });

  /** @param {Subject} subject */
  function fill({ place, topics, ways }) {
    const title = isWay(place) ? `${place.source} → ${place.target}` : place.node;
    panel.setAttribute(
      "aria-label",
      isWay(place) ? texts.breakLink(place.source, place.target) : texts.breakNode(place.node),
    );
    const answer = h("p", "answer");
    answer.setAttribute("role", "alert");
    answer.hidden = true;
    const form = formOf(place);
    form.addEventListener("change", stand);
    form.append(answer);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      if (button?.getAttribute("aria-busy") === "true") return;
      button?.setAttribute("aria-busy", "true");
      for (const entry of entriesOf(place, wishOf(form))) {
        const answered = await inject(entry);
        if (!answered.ok) {
          answer.dataset.tone = "bad";
          answer.textContent = `${answered.error} ${answered.remedy}`;
          answer.hidden = false;
          button?.removeAttribute("aria-busy");
          return;
        }
      }
      panel.hidePopover();
    });
    const close = h("button", "icon-button fault-close", ["×"]);
    close.type = "button";
    close.setAttribute("aria-label", texts.close);
    close.addEventListener("click", () => panel.hidePopover());
    const head = h("header", "fault-head", [h("h2", "", [title])]);
    if (topics.length) head.append(h("p", "panel-note", [texts.carries(topics)]));
    head.append(close);
    panel.replaceChildren(head, ...brokenHere(place, answer), form, ...(ways.length ? [waysOf(ways)] : []));
  }

  /** What is broken at this place now, each with a button that heals it. @param {Place} place @param {HTMLElement} answer */
  function brokenHere(place, answer) {
    const target = isWay(place) ? `${place.source}>${place.target}` : place.node;
    const here = lasting(faults()).filter((fault) => fault.targets.includes(target));
    if (!here.length) return [];
    const rows = here.map((fault) => {
      const button = h("button", "button fault-heal", [texts.heal]);
      button.type = "button";
      button.setAttribute("aria-label", texts.healOne(fault.label));
      const row = h("li", "", [h("span", "", [fault.label]), button]);
      button.addEventListener("click", async () => {
        const answered = await heal(fault.id);
        if (answered.ok) return panel.hidePopover();
        answer.dataset.tone = "bad";
        answer.textContent = `${answered.error} ${answered.remedy}`;
        answer.hidden = false;
      });
      return row;
    });
    return [h("section", "fault-here", [h("h3", "", [texts.broken]), h("ul", "", rows)])];
  }

  /** @param {{source: string, target: string, topics: string[]}[]} ways */
  function waysOf(ways) {
    const buttons = ways.map(({ source, target, topics }) => {
      const button = h("button", "way", [`${source} → ${target}`]);
      button.type = "button";
      button.addEventListener("click", () => {
        fill({ place: { source, target }, topics, ways: [] });
        stand();
        panel.querySelector("input")?.focus();
      });
      return button;
    });
    return h("section", "fault-ways", [h("h3", "", [texts.links]), h("div", "", buttons)]);
  }

  /** Beside what was clicked, within the window. */
  function stand() {
    const isSheet = innerWidth < SHEET_PX;
    panel.classList.toggle("is-sheet", isSheet);
    if (isSheet) {
      panel.style.removeProperty("left");
      panel.style.removeProperty("top");
      return;
    }
    const { offsetWidth: w, offsetHeight: height } = panel;
    const isRight = at.x + GAP_PX + w < innerWidth - GAP_PX;
    const left = Math.max(GAP_PX, isRight ? at.x + GAP_PX : at.x - GAP_PX - w);
    const top = Math.max(GAP_PX, Math.min(at.y - 40, innerHeight - height - GAP_PX));
    panel.style.setProperty("left", `${left}px`);
    panel.style.setProperty("top", `${top}px`);
  }

  return {
    /** @param {Subject} subject @param {HTMLElement|SVGElement} from @param {{x: number, y: number}} where in the window */
    open(subject, from, where) {
      [opener, at] = [from, where];
      fill(subject);
      panel.showPopover();
      stand();
      panel.querySelector("input")?.focus({ preventScroll: true });
    },
    close() {
      if (panel.matches(":popover-open")) panel.hidePopover();
    },
  };
}

/** The form of a place: kinds as chips, and of the chosen one its settings. @param {Place} place */
function formOf(place) {
  const kinds = kindsAt(place);
  const form = h("form", "fault-form");
  const means = h("p", "fault-means");
  const settings = h("div", "fault-settings");
  const submit = h("button", "button is-primary");
  submit.type = "submit";
  const show = () => {
    const kind = String(new FormData(form).get("kind"));
    means.textContent = texts.means[kind];
    submit.textContent = texts.act[kind];
    settings.replaceChildren(...settingsOf(place, kind));
  };
  form.append(
    choice("kind", texts.whatHappens, kinds.map((kind) => [kind, texts.kind[kind]]), kinds[0]),
    means,
    settings,
    submit,
  );
  form.querySelector(".fault-choice")?.addEventListener("change", show);
  show();
  return form;
}

/** @param {Place} place @param {string} kind */
function settingsOf(place, kind) {
  /** @type {HTMLElement[]} */
  const found = [];
  if (isWay(place)) {
    const one = `${place.source} → ${place.target}`;
    found.push(choice("both", texts.direction, [["", one], ["1", texts.both]], kind === "cut" ? "1" : ""));
  }
  if (kind === "cut" || kind === "isolate") {
    found.push(choice("mode", texts.meanwhile, [["drop", texts.drop], ["hold", texts.hold]], "drop"));
  }
  if (kind === "crash" && hasDisk(place)) {
    found.push(choice("disk", texts.disk, [["kept", texts.kept], ["lost", texts.diskLost]], "kept"));
  }
  const row = h("div", "fault-row");
  const amount = AMOUNTS[kind];
  if (amount) row.append(numberField(labelOf(kind), amount));
  row.append(lastingField(kind));
  return [...found, row];
}

/** @param {string} kind */
function labelOf(kind) {
  if (kind === "delay") return texts.latency;
  if (kind === "slow") return texts.factor;
  return kind === "clock" ? texts.offset : texts.share;
}

/** @param {string} label @param {{min: number, max: number, step: number, usual: number}} amount */
function numberField(label, { min, max, step, usual }) {
  const input = h("input");
  Object.assign(input, {
    type: "number",
    name: "amount",
    required: true,
    min,
    max,
    step,
    value: String(usual),
  });
  // Checked by the server: it says what would be right, in words of ours.
  input.setAttribute("step", "any");
  return h("label", "field", [label, input]);
}

/** @param {string} kind */
function lastingField(kind) {
  const select = h("select");
  select.name = "for_s";
  for (const seconds of LASTING_S) {
    const text = seconds === null ? texts.untilHealed : texts.seconds(seconds);
    select.append(new Option(text, seconds === null ? "" : String(seconds)));
  }
  select.value = String(usualLasting(kind) ?? "");
  return h("label", "field", [texts.lasts, select]);
}

/**
 * A choice of one, as chips beside each other.
 *
 * @param {string} name
 * @param {string} legend
 * @param {string[][]} options value and words
 * @param {string} usual
 */
function choice(name, legend, options, usual) {
  const chips = options.map(([value, words]) => {
    const input = h("input");
    Object.assign(input, { type: "radio", name, value });
    input.defaultChecked = value === usual;
    return h("label", "fault-chip", [input, h("span", "", [words])]);
  });
  return h("fieldset", "fault-choice", [h("legend", "", [legend]), h("div", "fault-chips", chips)]);
}

/** @param {HTMLFormElement} form */
function wishOf(form) {
  const fields = new FormData(form);
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "");
  const number = (/** @type {string} */ name) => text(name) === "" ? null : Number(text(name));
  return {
    kind: text("kind"),
    both: text("both") === "1",
    mode: text("mode") || undefined,
    disk: text("disk") || undefined,
    amount: number("amount"),
    for_s: number("for_s"),
  };
}
