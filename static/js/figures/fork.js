/**
 * What can be otherwise in a fork, as choices and fields, and the changes that come of what was filled in. Pure.
 *
 * @import {Place} from "./fault_entries.js"
 *
 * @typedef {"number"|"whole"|"share"|"choice"|"truth"|"latency"} SettingKind
 * @typedef {object} Setting
 * @property {string} path
 * @property {string} group
 * @property {string} label
 * @property {SettingKind} kind
 * @property {string} unit
 * @property {unknown} value at the fork's instant
 * @property {string} said the same in words
 * @property {boolean} may_be_null
 * @property {number|null} [min]
 * @property {number|null} [max]
 * @property {number|null} [above]
 * @property {[string, string][]} [choices]
 *
 * @typedef {{changes_max: number, settings: Setting[], nodes: [string, string][], links: [string, string][]}} Offer
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {[string, string][]} [options] a choice of these; without them a number
 * @property {string} usual
 * @property {string} [hint]
 * @property {boolean} [isOptional] may be left empty
 * @property {number|null} [min] of a number, as it is filled in
 * @property {number|null} [max]
 *
 * @typedef {{set: string, value: unknown}|{fault: Record<string, unknown>}} Change
 */

import { faultTexts } from "../fault_texts.js";
import { forkTexts as texts } from "../fork_texts.js";
import { AMOUNTS, entriesOf, kindsAt, usualLasting } from "./fault_entries.js";

const PER_S = "a second";
const LASTING_S = { least: 0.001, most: 86_400 };
const ANY_LINK = { source: "", target: "" };
const ANY_NODE = { node: "", role: "" };
const LATENCY_MS_MAX = 600_000;
/** The fields of each distribution, and what they begin with. @type {Record<string, Record<string, number>>} */
const LATENCIES = {
  constant: { ms: 500 },
  uniform: { low_ms: 200, high_ms: 800 },
  exponential: { mean_ms: 300, floor_ms: 20 },
  pareto: { scale_ms: 50, shape: 1.5, floor_ms: 0 },
};

/**
 * Everything that can be chosen, by group: `fault:<kind>@link`, `fault:<kind>@node`, `set:<path>`.
 *
 * @param {Offer} offer
 * @returns {{group: string, options: {value: string, text: string}[]}[]}
 */
export function choicesOf({ settings, links }) {
  const faults = (/** @type {Place} */ place, /** @type {string} */ at) =>
    kindsAt(place).map((kind) => ({ value: `fault:${kind}@${at}`, text: faultTexts.kind[kind] }));
  const groups = links.length ? [{ group: texts.links, options: faults(ANY_LINK, "link") }] : [];
  groups.push({ group: texts.services, options: faults(ANY_NODE, "node") });
  for (const { path, group, label, said } of settings) {
    const name = texts.setting(group);
    if (groups[groups.length - 1].group !== name) groups.push({ group: name, options: [] });
    groups[groups.length - 1].options.push({ value: `set:${path}`, text: texts.now(label, said) });
  }
  return groups;
}

/**
 * What has to be filled in for a choice; `filled` matters where one field decides about others.
 *
 * @param {string} choice
 * @param {Offer} offer
 * @param {Record<string, string>} filled
 * @returns {Field[]}
 */
export function fieldsOf(choice, offer, filled) {
  const setting = settingOf(choice, offer);
  return setting ? settingFields(setting, filled) : faultFields(choice, offer);
}

/**
 * The changes that come of what was filled in: two of them where a trouble of links is wished both ways.
 *
 * @param {string} choice
 * @param {Offer} offer
 * @param {Record<string, string>} filled
 * @returns {Change[]|string} a text: what cannot be used, and what would be right
 */
export function changesOf(choice, offer, filled) {
  for (const field of fieldsOf(choice, offer, filled)) {
    const wrong = wrongIn(field, filled[field.name] ?? "");
    if (wrong) return wrong;
  }
  const setting = settingOf(choice, offer);
  if (setting) return [{ set: setting.path, value: valueOf(setting, filled) }];
  const { kind, isLink } = faultOf(choice);
  const for_s = isNumber(filled.for_s ?? "") ? Number(filled.for_s) : null;
  const amount = isNumber(filled.amount ?? "") ? Number(filled.amount) : null;
  const wish = { kind, both: filled.both === "1", amount, for_s };
  return entriesOf(placeOf(isLink, offer, filled), wish).map((fault) => ({ fault }));
}

/**
 * The group of a choice: what it is about.
 *
 * @param {string} choice
 * @param {Offer} offer
 */
export function groupOf(choice, offer) {
  const setting = settingOf(choice, offer);
  if (setting) return texts.setting(setting.group);
  return faultOf(choice).isLink ? texts.links : texts.services;
}

/** @param {Field} field @param {string} text @returns {string} the empty text: nothing is wrong */
function wrongIn({ label, options, isOptional, min, max }, text) {
  if (options || (isOptional && text.trim() === "")) return "";
  if (!isNumber(text)) return texts.missing(label);
  const value = Number(text);
  const low = min ?? 0;
  if (value >= low && value <= (max ?? Infinity)) return "";
  return texts.outside(label, shown(value), shown(low), max === null || max === undefined ? "" : shown(max));
}

/** @param {string} choice @param {Offer} offer */
function settingOf(choice, { settings }) {
  return choice.startsWith("set:") ? settings.find(({ path }) => path === choice.slice(4)) : undefined;
}

/** @param {string} choice */
function faultOf(choice) {
  const [kind, at] = choice.slice("fault:".length).split("@");
  return { kind, isLink: at === "link" };
}

/** @param {boolean} isLink @param {Offer} offer @param {Record<string, string>} filled @returns {Place} */
function placeOf(isLink, { nodes, links }, filled) {
  if (isLink) {
    const [source, target] = links[Number(filled.link)] ?? links[0];
    return { source, target };
  }
  const [node, role] = nodes.find(([name]) => name === filled.node) ?? nodes[0];
  return { node, role };
}

/** @param {string} choice @param {Offer} offer @returns {Field[]} */
function faultFields(choice, { nodes, links }) {
  const { kind, isLink } = faultOf(choice);
  /** @type {Field[]} */
  const fields = isLink
    ? [
      {
        name: "link",
        label: texts.link,
        options: links.map(([source, target], index) => [String(index), `${source} → ${target}`]),
        usual: "0",
      },
      {
        name: "both",
        label: texts.direction,
        options: [["1", texts.bothWays], ["", texts.oneWay]],
        usual: "1",
      },
    ]
    : [nodeField(nodes.filter(([node, role]) => kindsAt({ node, role }).includes(kind)))];
  const amount = AMOUNTS[kind];
  if (amount) {
    fields.push({
      name: "amount",
      label: amountLabel(kind),
      usual: String(amount.usual),
      hint: texts.range(shown(amount.min), shown(amount.max), ""),
      min: amount.min,
      max: amount.max,
    });
  }
  const lasting = usualLasting(kind) ?? 5;
  fields.push({
    name: "for_s",
    label: texts.forS,
    usual: String(lasting),
    hint: texts.toTheEnd,
    isOptional: true,
    min: LASTING_S.least,
    max: LASTING_S.most,
  });
  return fields;
}

/** @param {[string, string][]} nodes @returns {Field} */
function nodeField(nodes) {
  const usual = (nodes.find(([, role]) => role !== "client") ?? nodes[0])[0];
  return { name: "node", label: texts.service, options: nodes.map(([node]) => [node, node]), usual };
}

/** @param {string} kind */
function amountLabel(kind) {
  if (kind === "delay") return faultTexts.latency;
  if (kind === "slow") return faultTexts.factor;
  return kind === "clock" ? faultTexts.offset : faultTexts.share;
}

/** @param {Setting} setting @param {Record<string, string>} filled @returns {Field[]} */
function settingFields(setting, filled) {
  const { kind, value, said } = setting;
  const hint = texts.wasNow(said);
  if (kind === "latency") return latencyFields(hint, filled.kind in LATENCIES ? filled.kind : "constant");
  if (kind === "truth") {
    /** @type {[string, string][]} */
    const options = [["1", texts.yes], ["", texts.no]];
    return [{ name: "value", label: texts.value, options, usual: value ? "" : "1", hint }];
  }
  if (kind === "choice") {
    const options = setting.choices ?? [];
    const usual = (options.find(([one]) => one !== value) ?? options[0])[0];
    return [{ name: "value", label: texts.value, options, usual, hint }];
  }
  const scale = kind === "share" ? 100 : 1;
  const unit = kind === "share" ? "%" : setting.unit;
  const min = (setting.min ?? setting.above ?? 0) * scale;
  const max = setting.max === null || setting.max === undefined ? null : setting.max * scale;
  const range = max === null ? "" : `${texts.range(shown(min), shown(max), unit === PER_S ? "" : unit)}, `;
  const label = !unit ? texts.value : unit === PER_S ? texts.rate : texts.valueIn(unit);
  return [{ name: "value", label, usual: String(suggested(setting)), hint: `${range}${hint}`, min, max }];
}

/** @param {string} hint @param {string} chosen @returns {Field[]} */
function latencyFields(hint, chosen) {
  const options = Object.entries(texts.latencies);
  return [
    { name: "kind", label: texts.distribution, options, usual: chosen, hint },
    ...Object.entries(LATENCIES[chosen]).map(([name, usual]) => ({
      name,
      label: texts.latencyFields[name],
      usual: String(usual),
      min: 0,
      max: LATENCY_MS_MAX,
    })),
  ];
}

/** Another value than the one that counts now: somebody will want to see a difference. @param {Setting} setting */
function suggested({ kind, value, min, max, unit }) {
  const now = typeof value === "number" ? value : 0;
  if (kind === "share") return now < 0.3 ? 30 : Math.round(now * 50);
  if (kind === "whole" && !unit) return now + 1 <= (max ?? Infinity) ? now + 1 : Math.max(min ?? 0, now - 1);
  return now ? Math.min(max ?? Infinity, now * 3) : Math.min(max ?? Infinity, 100);
}

/** @param {Setting} setting @param {Record<string, string>} filled */
function valueOf({ kind }, filled) {
  switch (kind) {
    case "latency": {
      const chosen = filled.kind in LATENCIES ? filled.kind : "constant";
      const names = Object.keys(LATENCIES[chosen]);
      return { kind: chosen, ...Object.fromEntries(names.map((name) => [name, Number(filled[name])])) };
    }
    case "truth":
      return filled.value === "1";
    case "choice":
      return filled.value;
    case "share":
      return Math.round(Number(filled.value) * 1e6) / 1e8;
    default:
      return Number(filled.value);
  }
}

/** @param {string} text */
function isNumber(text) {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** @param {number} value */
function shown(value) {
  return value.toLocaleString("en");
}
