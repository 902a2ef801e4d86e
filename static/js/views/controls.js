/**
 * The presenter's controls: every form on the page that posts a command. Answers are shown beside the control that asked.
 *
 * The server answers `{ok: true, text}` or `{ok: false, error, remedy}`.
 */

import { texts } from "../texts.js";
import { find, setText } from "./dom.js";

const PRAISE_MS = 4_000;
/** The one timer that each element has under way: a newer answer ends the older one's. @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

/** @typedef {{ok: true, text: string}|{ok: false, error: string, remedy: string}} Answer */

/** @param {ParentNode} page */
export function createControls(page) {
  for (const form of page.querySelectorAll("form[data-command]")) {
    enhance(/** @type {HTMLFormElement} */ (form));
  }
  openOrderForm(page);
  const scale = page.querySelector("form[data-scale]");
  const faultForm = page.querySelector("form[data-faults]");
  return {
    /** @param {string} node @param {number} instances */
    async scale(node, instances) {
      if (!(scale instanceof HTMLFormElement) || instances < 0) return;
      const fields = new FormData(scale);
      fields.set("node", node);
      fields.set("instances", String(instances));
      showAnswer(find(".answer", scale), await post(scale.action, fields));
    },
    /** The presenter's way to break things; `null` for whoever looks only, and for runs that are over. */
    breaking: faultForm instanceof HTMLFormElement ? breaking(faultForm) : null,
    /** @param {boolean} isOver */
    setOver(isOver) {
      for (const fieldset of page.querySelectorAll("[data-command] fieldset")) {
        /** @type {HTMLFieldSetElement} */ (fieldset).disabled = isOver;
      }
    },
  };
}

/** In a low window the form for orders opens below a button, and closes by Escape. @param {ParentNode} page */
function openOrderForm(page) {
  const opener = page.querySelector("[data-order-open]");
  const root = /** @type {HTMLElement|null} */ (opener?.closest("#run-page") ?? null);
  if (!(opener instanceof HTMLElement) || !root) return;
  /** @param {boolean} isOpen */
  const set = (isOpen) => {
    root.classList.toggle("is-ordering", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  opener.addEventListener("click", () => {
    set(!root.classList.contains("is-ordering"));
    if (root.classList.contains("is-ordering")) find(".order-form input:not([type=hidden])", root).focus();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.classList.contains("is-ordering")) return;
    if (!find(".order-form", root).contains(/** @type {Node} */ (event.target))) return;
    set(false);
    opener.focus();
  });
}

/** @param {HTMLFormElement} form */
function breaking(form) {
  /** @param {string} url @param {string} fault */
  const send = (url, fault) => {
    const fields = new FormData(form);
    fields.set("fault", fault);
    return post(url, fields);
  };
  return {
    /** @param {Record<string, unknown>} entry */
    inject: (entry) => send(form.action, JSON.stringify(entry)),
    /** @param {string} id */
    heal: (id) => send(form.dataset.heal ?? "", id),
    /** Says beside the list what came of it. @param {Answer} answer */
    tell: (answer) => showAnswer(find(".answer", form), answer),
  };
}

/** @param {HTMLFormElement} form */
function enhance(form) {
  const answer = find(".answer", form);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  form.addEventListener("input", () => hideError(answer));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true" || !isConfirmed(form)) return;
    hideError(answer);
    button.setAttribute("aria-busy", "true");
    showAnswer(answer, await post(form.action, fieldsOf(form)));
    button.removeAttribute("aria-busy");
  });
}

/** The form's fields; a country's code is written in capitals. @param {HTMLFormElement} form */
function fieldsOf(form) {
  const fields = new FormData(form);
  const country = fields.get("country");
  if (typeof country === "string") fields.set("country", country.trim().toUpperCase());
  return fields;
}

/**
 * A dangerous button asks once more, in place: the second click within a few seconds does it.
 *
 * @param {HTMLFormElement} form
 */
function isConfirmed(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  const { confirm, armed } = button.dataset;
  if (!confirm) return true;
  if (armed !== undefined) {
    disarm(button);
    return true;
  }
  button.dataset.armed = button.textContent ?? "";
  setText(button, confirm);
  later(button, () => disarm(button));
  return false;
}

/** @param {HTMLButtonElement} button */
function disarm(button) {
  clearTimeout(timers.get(button));
  if (button.dataset.armed !== undefined) setText(button, button.dataset.armed);
  delete button.dataset.armed;
}

/**
 * @param {string} url
 * @param {FormData} fields
 * @returns {Promise<Answer>}
 */
export async function post(url, fields) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body: fields,
      credentials: "same-origin",
      headers: { "X-CSRFToken": String(fields.get("csrfmiddlewaretoken") ?? ""), Accept: "application/json" },
    });
  } catch {
    return { ok: false, error: texts.networkError, remedy: texts.networkRemedy };
  }
  try {
    return await response.json();
  } catch {
    return { ok: false, error: texts.oddAnswer(response.status), remedy: texts.oddRemedy };
  }
}

/** Praise goes by itself; an error stays until something else is tried. @param {HTMLElement} element @param {Answer} answer */
function showAnswer(element, answer) {
  clearTimeout(timers.get(element));
  element.dataset.tone = answer.ok ? "good" : "bad";
  setText(element, answer.ok ? answer.text : `${answer.error} ${answer.remedy}`);
  element.hidden = false;
  if (answer.ok) later(element, () => element.hidden = true);
}

/** @param {HTMLElement} answer */
function hideError(answer) {
  if (answer.dataset.tone === "bad") answer.hidden = true;
}

/** @param {Element} element @param {() => void} act */
function later(element, act) {
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(act, PRAISE_MS));
}
