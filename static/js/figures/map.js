/**
 * The service map as a scene: boxes and curves, computed purely from the nodes' roles and topics.
 *
 * Two bands. The services stand in the first, in columns by their distance from the client; views and stores, the read
 * side, stand in the second, so that every event's way to a replica is a way down and crosses no box. Facts that flow
 * back arch over the first band. Upright (a phone), the same picture is turned: bands become columns.
 *
 * Everything is computed in (along, across) and turned at the end. Systems of another shape stand in tiers (`tiers.js`),
 * and are not turned: their peers stay side by side.
 *
 * @import {NodeView} from "../types.js"
 * @import {Curve, Place} from "./curves.js"
 */

import { ARCH, curveOf } from "./curves.js";
import { tierColumns, tierPlaces, tiersHeight, tiersOf } from "./tiers.js";

/** The least room between two columns: a scene that needs more than it was given grows, and its stage scrolls. */
const GAP = 24;
/** Up to so many services stand in one line: in a deep column one's way down would lead through another. */
const FLAT_MAX = 5;
/** Room for the ways between the two bands, in pixels. */
const WAYS = 62;
const READ_SIDE = new Set(["view", "store"]);

/**
 * @typedef {object} Box
 * @property {string} id
 * @property {string} role
 * @property {boolean} replica
 * @property {number} x left
 * @property {number} y top
 * @property {number} w
 * @property {number} h
 *
 * @typedef {{id: string, source: string, target: string, topics: string[], curve: Curve}} Edge
 * @typedef {{width: number, height: number, upright: boolean, boxes: Box[], edges: Edge[]}} Scene
 */

/**
 * @param {NodeView[]} nodes
 * @param {{width: number, height: number, box_w: number, box_h: number, upright: boolean}} size
 * @returns {Scene}
 */
export function mapScene(nodes, size) {
  const links = linksOf(nodes);
  const tiers = tiersOf(nodes, links);
  if (tiers) {
    const { places, width, height } = tierPlaces(tiers, { ...size, gap: GAP });
    return sceneOf({ width, height, upright: false }, places, links, size, identity);
  }
  const columns = columnsOf(nodes, links, size.upright);
  const long = size.upright ? size.box_h : size.box_w;
  const wide = size.upright ? size.box_w : size.box_h;
  const deepest = Math.max(1, ...columns.services.map((column) => column.length));
  const most = Math.max(columns.services.length, columns.readers.length);
  const length = Math.max(size.upright ? size.height : size.width, most * (long + GAP) - GAP);
  const breadth = size.upright ? size.width : size.height;
  const places = [
    ...placed(columns.services, 0, {
      length,
      long,
      from: ARCH + wide / 2,
      step: stepOf(breadth, wide, deepest),
    }),
    ...placed(columns.readers, 1, { length, long, from: breadth - columns.foot - wide / 2, step: 0 }),
  ];
  const [width, height] = size.upright ? [breadth, length] : [length, breadth];
  return sceneOf(
    { width, height, upright: size.upright },
    places,
    links,
    size,
    size.upright ? flip : identity,
  );
}

/**
 * @param {{width: number, height: number, upright: boolean}} extent
 * @param {Place[]} places
 * @param {{id: string, source: string, target: string, topics: string[]}[]} links
 * @param {{box_w: number, box_h: number}} size
 * @param {Turn} turn
 * @returns {Scene}
 */
function sceneOf(extent, places, links, size, turn) {
  const at = new Map(places.map((place) => [place.id, place]));
  const [long, wide] = extent.upright ? [size.box_h, size.box_w] : [size.box_w, size.box_h];
  return {
    ...extent,
    boxes: places.map((place) => boxOf(place, size, turn)),
    edges: links.map((link) => {
      const curve = curveOf(need(at, link.source), need(at, link.target), long, wide);
      return { ...link, curve: turned(curve, turn) };
    }),
  };
}

/** Whether the nodes stand in tiers, whatever the width. @param {NodeView[]} nodes */
export function isTiered(nodes) {
  return tiersOf(nodes, linksOf(nodes)) !== null;
}

/** The height that the scene needs: enough for the deepest column, the arches, and the read side. */
export function mapHeight(
  /** @type {NodeView[]} */ nodes,
  /** @type {number} */ box_h,
  /** @type {boolean} */ upright,
  /** @type {number} */ ways = WAYS,
) {
  const tiers = tiersOf(nodes, linksOf(nodes));
  if (tiers) return tiersHeight(tiers, box_h);
  const columns = columnsOf(nodes, linksOf(nodes), upright);
  if (upright) return Math.max(columns.services.length, columns.readers.length, 1) * (box_h + 30);
  const deepest = Math.max(1, ...columns.services.map((column) => column.length));
  return ARCH + deepest * (box_h + 14) + (columns.readers.length ? box_h + ways + columns.foot : 12);
}

/** How many columns of services stand side by side. @param {NodeView[]} nodes */
export function columnCount(nodes) {
  const tiers = tiersOf(nodes, linksOf(nodes));
  if (tiers) return tierColumns(tiers);
  const columns = columnsOf(nodes, linksOf(nodes), false);
  return Math.max(1, columns.services.length, columns.readers.length);
}

/**
 * Who sends to whom: a link for each pair of nodes that share a topic.
 *
 * @param {NodeView[]} nodes
 */
export function linksOf(nodes) {
  const links = [];
  for (const source of nodes) {
    for (const target of nodes) {
      if (source.id === target.id) continue;
      const topics = source.publishes.filter((topic) => target.subscribes.includes(topic)).sort();
      if (topics.length) {
        links.push({ id: `${source.id} ${target.id}`, source: source.id, target: target.id, topics });
      }
    }
  }
  return links;
}

/**
 * Services in columns by distance from the client (one a column if `upright`), and the read side, one a column.
 *
 * @param {NodeView[]} nodes
 * @param {{source: string, target: string}[]} links
 * @param {boolean} upright
 */
function columnsOf(nodes, links, upright) {
  const distance = distances(nodes, links);
  const services = nodes.filter((node) => !READ_SIDE.has(node.role));
  /** @type {Map<number, NodeView[]>} */
  const byDistance = new Map();
  for (const node of services) {
    const column = distance.get(node.id) ?? services.length;
    byDistance.set(column, [...(byDistance.get(column) ?? []), node]);
  }
  const inOrder = [...byDistance.entries()].sort(([a], [b]) => a - b).map(([, column]) => column);
  const stores = nodes.filter((node) => node.role === "store");
  const views = nodes.filter((node) => node.role === "view");
  const readers = [...stores, ...views].map((node) => [node]);
  return {
    services: upright || services.length <= FLAT_MAX ? inOrder.flat().map((node) => [node]) : inOrder,
    readers,
    /** Room under the read side for the arches between its members, where some are not neighbours. */
    foot: stores.length && readers.length > 2 ? ARCH : 0,
  };
}

/**
 * Steps from the client along the links, not through the read side: breadth first.
 *
 * @param {NodeView[]} nodes
 * @param {{source: string, target: string}[]} links
 */
function distances(nodes, links) {
  const roots = nodes.filter((node) => node.role === "client");
  const readSide = new Set(nodes.filter((node) => READ_SIDE.has(node.role)).map((node) => node.id));
  const distance = new Map((roots.length ? roots : nodes.slice(0, 1)).map((node) => [node.id, 0]));
  const queue = [...distance.keys()];
  for (let head = 0; head < queue.length; head += 1) {
    for (const link of links) {
      if (link.source !== queue[head] || distance.has(link.target) || readSide.has(link.target)) continue;
      distance.set(link.target, (distance.get(queue[head]) ?? 0) + 1);
      queue.push(link.target);
    }
  }
  return distance;
}

/** How far apart the boxes of one column stand. */
function stepOf(/** @type {number} */ breadth, /** @type {number} */ wide, /** @type {number} */ deepest) {
  const room = breadth - ARCH - wide - 40;
  return deepest > 1 ? Math.max(wide + 12, Math.min(wide + 26, (room - wide) / (deepest - 1))) : 0;
}

/**
 * @param {NodeView[][]} columns
 * @param {0|1} band
 * @param {{length: number, long: number, from: number, step: number}} measure
 * @returns {Place[]}
 */
function placed(columns, band, { length, long, from, step }) {
  const pitch = columns.length > 1 ? (length - long) / (columns.length - 1) : 0;
  return columns.flatMap((column, index) =>
    column.map((node, row) => ({
      id: node.id,
      role: node.role,
      replica: node.replica,
      band,
      column: index,
      u: columns.length > 1 ? long / 2 + index * pitch : length / 2,
      v: from + row * step,
    }))
  );
}

/** @typedef {(u: number, v: number) => [number, number]} Turn */
/** @type {Turn} */
const identity = (u, v) => [u, v];
/** @type {Turn} */
const flip = (u, v) => [v, u];

/** @param {Curve} curve @param {Turn} turn @returns {Curve} */
function turned(curve, turn) {
  const points = [0, 2, 4, 6].flatMap((i) => turn(curve[i], curve[i + 1]));
  return /** @type {Curve} */ (points.map((value) => Math.round(value * 10) / 10));
}

/** @param {Place} place @param {{box_w: number, box_h: number}} size @param {Turn} turn @returns {Box} */
function boxOf(place, size, turn) {
  const [x, y] = turn(place.u, place.v);
  const { id, role, replica } = place;
  return {
    id,
    role,
    replica,
    x: Math.round(x - size.box_w / 2),
    y: Math.round(y - size.box_h / 2),
    w: size.box_w,
    h: size.box_h,
  };
}

/** @template T @param {Map<string, T>} map @param {string} id @returns {T} */
function need(map, id) {
  const found = map.get(id);
  if (found === undefined) throw new Error(`the map has no place for node "${id}"`);
  return found;
}
