/**
 * What can be broken where, and the entries of a scenario's section `faults` that do it. Pure.
 *
 * @typedef {{source: string, target: string}} Way
 * @typedef {{node: string, role: string}|Way} Place
 * @typedef {{kind: string, both?: boolean, mode?: string, disk?: string, amount?: number|null, for_s?: number|null}} Wish
 */

/** @type {Record<string, {min: number, max: number, step: number, usual: number}>} by kind: what its number may be */
export const AMOUNTS = {
  delay: { min: 0, max: 600_000, step: 1, usual: 500 },
  lose: { min: 0.1, max: 100, step: 0.1, usual: 30 },
  duplicate: { min: 0.1, max: 100, step: 0.1, usual: 30 },
  slow: { min: 1.1, max: 1_000, step: 0.1, usual: 10 },
  clock: { min: -86_400, max: 86_400, step: 0.001, usual: 60 },
};
/** How long faults last, in seconds; `null`: until they are healed. */
export const LASTING_S = [null, 2, 5, 10, 30];
/** Kinds whose usual end is a set time: nobody wants to forget a pause. */
const SHORT = new Set(["pause", "crash"]);

/** @param {Place} place @returns {place is Way} */
export function isWay(place) {
  return "source" in place;
}

/** The kinds of fault that a place can have, the most usual first. @param {Place} place */
export function kindsAt(place) {
  if (isWay(place)) return ["cut", "delay", "lose", "duplicate", "reorder"];
  const kinds = ["pause", "crash", "isolate", "slow", "clock"];
  return place.role === "client" ? kinds.filter((kind) => kind !== "clock") : kinds;
}

/** @param {string} kind */
export function usualLasting(kind) {
  return SHORT.has(kind) ? 5 : null;
}

/** Whether a node may lose its disk: one that plays the clients would do all of its work again. @param {Place} place */
export function hasDisk(place) {
  return !isWay(place) && place.role !== "client";
}

/**
 * One entry, or two where a trouble of links is wished both ways.
 *
 * @param {Place} place
 * @param {Wish} wish
 * @returns {Record<string, unknown>[]}
 */
export function entriesOf(place, wish) {
  const lasting = wish.for_s ? { for_s: wish.for_s } : {};
  if (!isWay(place)) return [{ ...onNode(place.node, wish), ...lasting }];
  const { source, target } = place;
  if (wish.kind === "cut") {
    return [{
      kind: "partition",
      between: [[source], [target]],
      one_way: !wish.both,
      mode: wish.mode ?? "drop",
      ...lasting,
    }];
  }
  const ways = wish.both ? [[source, target], [target, source]] : [[source, target]];
  return ways.map(([from, to]) => ({ kind: "link", source: from, target: to, ...trouble(wish), ...lasting }));
}

/** @param {string} node @param {Wish} wish */
function onNode(node, { kind, mode, disk, amount }) {
  switch (kind) {
    case "isolate":
      return { kind: "partition", between: [[node], ["*"]], mode: mode ?? "drop" };
    case "crash":
      return { kind, node, disk: disk ?? "kept" };
    case "slow":
      return { kind, node, factor: amount };
    case "clock":
      return {
        kind,
        node,
        offset_ms: amount === null || amount === undefined ? null : Math.round(amount * 1_000),
      };
    default:
      return { kind, node };
  }
}

/** @param {Wish} wish */
function trouble({ kind, amount }) {
  const share = amount === null || amount === undefined ? null : Math.round(amount * 10) / 1_000;
  switch (kind) {
    case "delay":
      return { latency: { kind: "constant", ms: amount } };
    case "lose":
      return { loss: share };
    case "duplicate":
      return { duplicate: share };
    default:
      return { ordered: false };
  }
}
