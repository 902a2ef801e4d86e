/**
 * What was found: asked of the server once the run is over, and again until its history is complete.
 *
 * @typedef {{because: string, verdict: string, reason: string, share: string}} Expectation
 * @typedef {{checker: string, reason: string, witnesses: string[], places?: number[][], more: number}} Failed
 * @typedef {object} Findings
 * @property {string} state ready, pending, none
 * @property {string} [text]
 * @property {number} [observations]
 * @property {Expectation[]} [expectations]
 * @property {Failed[]} [failed]
 * @property {string[]} [passed]
 * @property {string[]} [unknown]
 * @property {import("../figures/visibility.js").Visibility|null} [visibility]
 */

import { isOver } from "../clock.js";
import { texts } from "../texts.js";
import { find, h, setText } from "./dom.js";
import { visibilityPart } from "./visibility.js";

const AGAIN_MS = 1_500;
const ATTEMPTS_MAX = 40;

/**
 * @param {HTMLElement} root
 * @param {(places: number[]) => void} [onWitness] somebody wants to see the observations at these places of the history
 */
export function createFindings(root, onWitness = () => {}) {
  const note = find(".findings-note", root);
  const body = find(".findings-body", root);
  let isAsked = false;

  /** @param {number} attempt */
  async function ask(attempt) {
    /** @type {Findings|null} */
    let found = null;
    try {
      const response = await fetch(root.dataset.url ?? "", { headers: { Accept: "application/json" } });
      if (response.ok) found = await response.json();
    } catch {
      found = null;
    }
    if (found?.state === "ready") return show(found);
    if (found?.state === "none") return setText(note, found.text ?? "");
    if (attempt >= ATTEMPTS_MAX) return setText(note, texts.findings.failed);
    setTimeout(() => ask(attempt + 1), AGAIN_MS);
    return undefined;
  }

  /** @param {Findings} found */
  function show(
    { observations = 0, expectations = [], failed = [], passed = [], unknown = [], visibility = null },
  ) {
    setText(note, texts.findings.lookedAt(observations));
    root.classList.add("is-ready");
    body.replaceChildren(
      ...(expectations.length ? [expected(expectations)] : []),
      ...(visibility ? [visibilityPart(visibility)] : []),
      checked(failed, passed, unknown, onWitness),
    );
  }

  return {
    /**
     * Whoever watches a replay is not told how it ends before it does; what was told stays.
     *
     * @param {string|undefined} shown the run's state at the instant that is shown
     * @param {string|undefined} runState and in the present
     */
    show(shown, runState) {
      if (isAsked || !isOver(runState)) return;
      if (!isOver(shown)) return setText(note, texts.findings.later);
      isAsked = true;
      setText(note, texts.findings.looking);
      ask(0);
    },
  };
}

/** @param {Expectation[]} expectations */
function expected(expectations) {
  const items = expectations.map(({ because, verdict, reason, share }) => {
    const told = share && verdict === "failed" ? "maybe" : verdict;
    const evidence = share ? `${reason} (${texts.findings.share(share)})` : reason;
    const item = h("li", "finding", [
      h("span", "finding-verdict", [texts.findings.expected[told] ?? verdict]),
      h("div", "", [h("p", "finding-because", [because]), h("p", "finding-reason", [evidence])]),
    ]);
    item.dataset.verdict = told;
    return item;
  });
  return h("div", "findings-part", [h("h3", "", [texts.findings.expectedTitle]), h("ul", "", items)]);
}

/**
 * @param {Failed[]} failed
 * @param {string[]} passed
 * @param {string[]} unknown
 * @param {(places: number[]) => void} onWitness
 */
function checked(failed, passed, unknown, onWitness) {
  const parts = failed.map(({ checker, reason, witnesses, places = [], more }) =>
    h("li", "witnessed", [
      h("h4", "", [checker]),
      h("p", "finding-reason", [reason]),
      h("ul", "witnesses", [
        ...witnesses.map((text, i) => h("li", "", [witness(text, places[i] ?? [], onWitness)])),
        ...(more ? [h("li", "witnesses-more", [texts.findings.more(more)])] : []),
      ]),
    ])
  );
  const rest = [
    passed.length ? texts.findings.passed(passed) : "",
    unknown.length ? texts.findings.unknown(unknown) : "",
  ].filter(Boolean).map((text) => h("p", "findings-rest", [text]));
  const title = failed.length ? texts.findings.failedTitle : texts.findings.noneFailed;
  return h("div", "findings-part", [
    h("h3", "", [title]),
    ...(parts.length ? [h("ul", "", parts)] : []),
    ...rest,
  ]);
}

/** @param {string} text @param {number[]} places @param {(places: number[]) => void} onWitness */
function witness(text, places, onWitness) {
  if (!places.length) return text;
  const button = h("button", "witness-button", [text]);
  button.type = "button";
  button.title = texts.findings.look;
  button.addEventListener("click", () => onWitness(places));
  return button;
}
