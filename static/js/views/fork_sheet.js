/**
 * The sheet that asks what is to be otherwise in a fork; without its dialog (viewers, live runs) there is none.
 *
 * What can be chosen is asked of the server for the instant that is looked at. A refusal is shown at the change that it is
 * about, and what was filled in stays.
 *
 * @import {Change, Field, Offer} from "../figures/fork.js"
 */

import { changesOf, choicesOf, fieldsOf, groupOf } from "../figures/fork.js";
import { forkTexts as texts } from "../fork_texts.js";
import { runTime } from "../format.js";
import { post } from "./controls.js";
import { find, h, setText } from "./dom.js";

/** @param {() => number} elapsedUs the instant that is looked at, since the run began */
export function createForkSheet(elapsedUs) {
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById("fork"));
  const opener = document.querySelector("[data-fork-open]");
  if (!dialog || !opener) return;
  const form = /** @type {HTMLFormElement} */ (find("form", dialog));
  const list = find(".fork-changes", dialog);
  const answer = find(".answer", dialog);
  const another = /** @type {HTMLButtonElement} */ (find("[data-another]", dialog));
  const submit = find("button[type=submit]", dialog);
  const at = /** @type {HTMLInputElement} */ (find("input[name=at_us]", dialog));
  /** @type {ReturnType<typeof createRow>[]} */
  let rows = [];
  /** @type {Offer|null} */
  let offer = null;

  async function fill() {
    list.replaceChildren(h("li", "loading", [texts.loading]));
    [rows, offer] = [[], null];
    number();
    try {
      const response = await fetch(`${form.action}?at_us=${at.value}`, {
        headers: { Accept: "application/json" },
      });
      if (!response.ok) throw new Error(String(response.status));
      offer = await response.json();
    } catch {
      const retry = h("button", "button is-small", [texts.retry]);
      retry.type = "button";
      retry.addEventListener("click", fill);
      list.replaceChildren(h("li", "fork-failed", [texts.failed, " ", retry]));
      return;
    }
    list.replaceChildren();
    add();
  }

  function add() {
    if (!offer || rows.length >= offer.changes_max) return;
    const row = createRow(offer, () => {
      rows = rows.filter((one) => one !== row);
      row.root.remove();
      number();
      rows[rows.length - 1]?.focus();
    });
    rows.push(row);
    list.append(row.root);
    number();
    row.focus();
  }

  function number() {
    rows.forEach((row, index) => row.number(index + 1, rows.length > 1));
    another.disabled = !offer || rows.length >= offer.changes_max;
    submit.toggleAttribute("disabled", !rows.length);
  }

  /** @param {string} text @param {number} [index] of the row that it is about; without one it is about all */
  function refuse(text, index) {
    if (index !== undefined && rows[index]) return rows[index].refuse(text);
    answer.dataset.tone = "bad";
    setText(answer, text);
    answer.hidden = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy") === "true") return;
    answer.hidden = true;
    for (const row of rows) row.refuse("");
    const found = rows.map((row) => row.changes());
    const wrong = found.findIndex((one) => typeof one === "string");
    if (wrong >= 0) return refuse(String(found[wrong]), wrong);
    const rowOf = found.flatMap((changes, index) => [...changes].map(() => index));
    const fields = new FormData(form);
    fields.set("changes", JSON.stringify(found.flat()));
    submit.setAttribute("aria-busy", "true");
    const answered =
      /** @type {{ok: boolean, url?: string, error?: string, remedy?: string, index?: string}} */ (
        await post(form.action, fields)
      );
    submit.removeAttribute("aria-busy");
    if (answered.ok && answered.url) {
      location.assign(answered.url);
      return;
    }
    refuse(
      `${answered.error} ${answered.remedy}`,
      answered.index === undefined ? undefined : rowOf[Number(answered.index)],
    );
  });

  opener.addEventListener("click", () => {
    at.value = String(Math.round(elapsedUs()));
    setText(find(".fork-at", dialog), runTime(elapsedUs()));
    answer.hidden = true;
    dialog.showModal();
    fill();
  });
  find("[data-close]", dialog).addEventListener("click", () => dialog.close());
  another.addEventListener("click", add);
}

/**
 * One change: what, and what that needs.
 *
 * @param {Offer} offer
 * @param {() => void} onRemove
 */
function createRow(offer, onRemove) {
  const select = h("select");
  select.name = "what";
  for (const { group: label, options } of choicesOf(offer)) {
    const made = h("optgroup", "", options.map(({ value, text }) => new Option(text, value)));
    made.label = label;
    select.append(made);
  }
  const fields = h("div", "fork-fields");
  const wrong = h("p", "fork-wrong");
  wrong.setAttribute("role", "alert");
  wrong.hidden = true;
  const remove = h("button", "icon-button fork-remove", ["×"]);
  remove.type = "button";
  remove.addEventListener("click", onRemove);
  const group = h("span", "fork-group");
  const what = h("label", "field fork-what", [group, select]);
  const root = h("li", "fork-change", [what, fields, remove, wrong]);

  const filled = () =>
    Object.fromEntries(
      [...fields.querySelectorAll("input, select")].map((one) => {
        const input = /** @type {HTMLInputElement} */ (one);
        return [input.name, input.value];
      }),
    );
  /** @param {Record<string, string>} kept */
  const show = (kept) => {
    setText(group, groupOf(select.value, offer));
    const wanted = fieldsOf(select.value, offer, kept);
    fields.replaceChildren(...wanted.map((field) => fieldElement(field, kept[field.name])));
  };
  select.addEventListener("change", () => show({}));
  fields.addEventListener("change", ({ target }) => {
    if (/** @type {HTMLInputElement} */ (target).name !== "kind") return;
    show(filled());
    find("select[name=kind]", fields).focus();
  });
  root.addEventListener("input", () => {
    wrong.hidden = true;
  });
  show({});

  return {
    root,
    /** @returns {Change[]|string} */
    changes: () => changesOf(select.value, offer, filled()),
    focus: () => select.focus(),
    /** @param {number} n @param {boolean} mayGo */
    number(n, mayGo) {
      remove.hidden = !mayGo;
      remove.setAttribute("aria-label", texts.remove(n));
    },
    /** @param {string} text the empty text: nothing is wrong */
    refuse(text) {
      setText(wrong, text);
      wrong.hidden = !text;
      if (text) root.scrollIntoView({ block: "nearest" });
    },
  };
}

/** @param {Field} field @param {string} [kept] what was filled in before */
function fieldElement({ name, label, options, usual, hint, isOptional }, kept) {
  const input = options ? h("select") : h("input");
  input.name = name;
  if (input instanceof HTMLSelectElement) {
    input.append(...(options ?? []).map(([value, text]) => new Option(text, value)));
  } else {
    input.type = "number";
    input.step = "any";
    if (isOptional) input.placeholder = hint ?? "";
  }
  input.value = kept ?? usual;
  const shown = hint && !isOptional ? [h("span", "fork-hint", [hint])] : [];
  return h("label", options ? "field" : "field is-short", [label, input, ...shown]);
}
