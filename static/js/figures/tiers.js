/**
 * The map of systems that are not a chain of services: tiers, one above the other. Pure.
 *
 * Regions stand side by side as peers, each below its coordinator if there are any; clients, and who watches over the
 * regions, stand above. Where one of several writers leads, the lock stands beside the clients, the writers below both,
 * and the storage below the clients, who read it: so that no way leads through a box.
 *
 * @import {NodeView} from "../types.js"
 * @import {Place} from "./curves.js"
 */

import { ARCH } from "./curves.js";

const PEERS = new Set(["replica", "region", "coordinator"]);
/** Where orders can be placed by hand, it is the order flow. */
const ORDER_FLOW = "by-hand";
/** Least room between two tiers, and under the last one. */
const TIER_GAP = 58;
const FOOT = 14;

/** @typedef {{node: NodeView, column: number}} Seat a column may lie between two */
/** @typedef {{source: string, target: string}} Pair */

/**
 * The tiers of a system from top to bottom, `null` if it is a chain of services.
 *
 * @param {NodeView[]} nodes
 * @param {Pair[]} links
 * @returns {Seat[][]|null}
 */
export function tiersOf(nodes, links) {
  if (nodes.some((node) => node.subscribes.includes(ORDER_FLOW))) return null;
  if (nodes.some((node) => PEERS.has(node.role))) return peers(nodes);
  return leaders(nodes, links);
}

/** @param {NodeView[]} nodes */
function peers(nodes) {
  const coordinators = nodes.filter((node) => node.role === "coordinator");
  const regions = nodes.filter((node) => node.replica);
  const others = nodes.filter((node) => !coordinators.includes(node) && !regions.includes(node));
  const columns = Math.max(regions.length, coordinators.length, others.length);
  return [spread(others, columns), spread(coordinators, columns), spread(regions, columns)]
    .filter((tier) => tier.length);
}

/**
 * @param {NodeView[]} nodes
 * @param {Pair[]} links
 */
function leaders(nodes, links) {
  const client = nodes.find((node) => node.role === "client");
  const services = nodes.filter((node) => node.role === "service");
  const isAsked = (/** @type {NodeView} */ node) =>
    links.some((link) => link.source === client?.id && link.target === node.id);
  const writers = services.filter(isAsked);
  const apart = services.filter((node) => !isAsked(node));
  const readers = nodes.filter((node) => node.role === "store" || node.role === "view");
  const ofWriters = (/** @type {NodeView} */ node) =>
    links.every((link) => link.source !== node.id || writers.some((writer) => writer.id === link.target));
  if (!client || !writers.length || !apart.length || !apart.every(ofWriters)) return null;
  if (!readers.some((node) => node.role === "store")) return null;
  const columns = Math.max(readers.length, writers.length + 1, apart.length + 1);
  const atEnd = (/** @type {NodeView[]} */ tier) =>
    tier.map((node, index) => ({ node, column: columns - tier.length + index }));
  return [[{ node: client, column: 0 }, ...atEnd(apart)], atEnd(writers), spread(readers, columns)]
    .filter((tier) => tier.length);
}

/** A tier's nodes over the columns: one each where there are as many, else evenly. @param {NodeView[]} nodes @param {number} columns */
function spread(nodes, columns) {
  const step = columns / Math.max(1, nodes.length);
  return nodes.map((node, index) => ({ node, column: (index + 0.5) * step - 0.5 }));
}

/** How many columns stand side by side. @param {Seat[][]} tiers */
export function tierColumns(tiers) {
  return Math.max(1, ...tiers.map((tier) => Math.ceil(Math.max(...tier.map((seat) => seat.column)) + 1)));
}

/** Least height that the tiers need. @param {Seat[][]} tiers @param {number} box_h */
export function tiersHeight(tiers, box_h) {
  return FOOT + tiers.length * box_h + (tiers.length - 1) * TIER_GAP + foot(tiers);
}

/** Room under the last tier: for arches, where some of it are not neighbours. @param {Seat[][]} tiers */
function foot(tiers) {
  return (tiers[tiers.length - 1]?.length ?? 0) > 2 ? ARCH : FOOT;
}

/**
 * Where the tiers' boxes are: the whole of the given size, if it is enough.
 *
 * @param {Seat[][]} tiers
 * @param {{width: number, height: number, box_w: number, box_h: number, gap: number}} size
 * @returns {{width: number, height: number, places: Place[]}}
 */
export function tierPlaces(tiers, { width: given_w, height: given_h, box_w, box_h, gap }) {
  const columns = tierColumns(tiers);
  const width = Math.max(given_w, columns * (box_w + gap) - gap);
  const height = Math.max(given_h, tiersHeight(tiers, box_h));
  const pitch_u = columns > 1 ? (width - box_w) / (columns - 1) : 0;
  const pitch_v = tiers.length > 1 ? (height - FOOT - foot(tiers) - box_h) / (tiers.length - 1) : 0;
  const places = tiers.flatMap((tier, band) =>
    tier.map(({ node, column }) => ({
      id: node.id,
      role: node.role,
      replica: node.replica,
      band,
      column,
      u: columns > 1 ? box_w / 2 + column * pitch_u : width / 2,
      v: FOOT + box_h / 2 + band * pitch_v,
    }))
  );
  return { width, height, places };
}
