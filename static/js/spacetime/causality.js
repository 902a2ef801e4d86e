/**
 * What an event can have known, and whom it can have told: Lamport's "happened before" (1978), over a trace. Pure.
 *
 * Rules
 * 1. Events of one process follow one another in the history's order. A process is a node, or a node with one key: a
 *    node's turns about different keys share no record, so what happened to another key need not have been known.
 * 2. Sending a message comes before delivering it, each copy of it. A lost message tells nobody anything.
 * 3. What happened in no node, such as a fault of the network, is in nobody's past or future.
 *
 * In each process the past of an event is a beginning and its future an end, so a number for each process says which
 * events are in it. Causes lie before their effects in the history, so one sweep each way finds the numbers.
 *
 * @import {Trace} from "./trace.js"
 *
 * @typedef {"node"|"key"} Processes
 * @typedef {object} Order
 * @property {Processes} by
 * @property {ReturnType<typeof import("./columns.js").column<Int32ArrayConstructor>>} process of each event; -1: none
 * @property {ReturnType<typeof import("./columns.js").column<Int32ArrayConstructor>>} place of each event in its process
 * @property {() => number} count of processes
 * @property {() => void} extend takes in events that the trace has got since
 *
 * @typedef {object} Cone
 * @property {number} event
 * @property {(event: number) => boolean} isPast
 * @property {(event: number) => boolean} isFuture
 * @property {number} past how many events are in the past
 * @property {number} future how many are in the future
 */

import { column } from "./columns.js";

/**
 * @param {Trace} trace
 * @param {Processes} by
 * @returns {Order}
 */
export function createOrder(trace, by) {
  const process = column(Int32Array);
  const place = column(Int32Array);
  /** @type {Map<number, number>} */
  const known = new Map();
  /** @type {number[]} */
  const lengths = [];
  const extend = () => {
    for (let event = process.length; event < trace.count; event += 1) {
      const node = trace.node.values[event];
      if (node < 0) {
        process.push(-1);
        place.push(-1);
        continue;
      }
      const id = by === "node" ? node : (trace.key.values[event] + 1) * 65_536 + node;
      let its = known.get(id);
      if (its === undefined) {
        its = lengths.length;
        known.set(id, its);
        lengths.push(0);
      }
      process.push(its);
      place.push(lengths[its]);
      lengths[its] += 1;
    }
  };
  extend();
  return { by, process, place, count: () => lengths.length, extend };
}

/**
 * The past and the future of one event.
 *
 * @param {Trace} trace
 * @param {Order} order
 * @param {number} event
 * @returns {Cone}
 */
export function coneOf(trace, order, event) {
  order.extend();
  const process = order.process.values;
  const place = order.place.values;
  const link = trace.link.values;
  const kind = trace.kind.values;
  const begins = new Int32Array(order.count()).fill(-1);
  const ends = new Int32Array(order.count()).fill(2 ** 31 - 1);
  let past = 0;
  let future = 0;
  if (process[event] >= 0) {
    begins[process[event]] = place[event];
    for (let i = event; i >= 0; i -= 1) {
      const its = process[i];
      if (its < 0 || place[i] > begins[its]) continue;
      past += i === event ? 0 : 1;
      if (kind[i] !== 1 || link[i] < 0) continue;
      const from = process[link[i]];
      if (place[link[i]] > begins[from]) begins[from] = place[link[i]];
    }
    ends[process[event]] = place[event];
    for (let i = event; i < trace.count; i += 1) {
      const its = process[i];
      if (its < 0) continue;
      if (kind[i] === 1 && link[i] >= 0 && place[i] < ends[its]) {
        if (place[link[i]] >= ends[process[link[i]]]) ends[its] = place[i];
      }
      if (place[i] >= ends[its]) future += i === event ? 0 : 1;
    }
  }
  return {
    event,
    isPast: (i) => i !== event && process[i] >= 0 && place[i] <= begins[process[i]],
    isFuture: (i) => i !== event && process[i] >= 0 && place[i] >= ends[process[i]],
    past,
    future,
  };
}
