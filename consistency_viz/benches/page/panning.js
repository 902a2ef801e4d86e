/** Measures frames of the space-time diagram: `window.measure` is called by `bench page`. */

import { createSpacetime } from "/static/js/spacetime/view.js";
import { KINDS } from "/static/js/spacetime/trace.js";

const NODES = ["client", "order", "validation", "tax", "email", "view-1", "view-2", "eu", "us", "ap"];
const TYPES = ["PlaceOrder", "OrderPlaced", "OrderValidated", "OrderTaxed", "State", "KeyUpdated"];
const RUN_US = 120_000_000;
const PIECE = 10_000;
const SPANS = { "whole run": 1, "a sixth": 1 / 6, "a hundredth": 1 / 100 };

window.measure = async ({ messages, reference, rounds, frames }) => {
  const [few, many] = [...document.querySelectorAll(".spacetime")].map((root) => createSpacetime(root, { onSelect: () => {} }));
  const appended = [];
  fill(few, reference, []);
  fill(many, messages, appended);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const found = {};
  const spans = {};
  const clicks = [];
  for (let round = -1; round < rounds; round += 1) {
    for (const isLit of [false, true]) {
      const clicked = [few, many].map((view) => light(view, isLit));
      const taken = [[], []];
      for (const [name, share] of Object.entries(SPANS)) {
        const its = pan([many, few], share, frames, round);
        if (round < 0) continue; // levels of detail are made when they are first wanted
        its.forEach((one, which) => taken[which].push(...one));
        const all = spans[isLit ? `${name}, lit` : name] ??= [[], []];
        its.forEach((one, which) => all[which].push(...one));
      }
      if (round < 0) continue;
      (found[isLit ? "panning, past and future lit" : "panning"] ??= []).push(taken.map((one) => quantile(one, 0.95)));
      if (isLit) clicks.push(clicked[1]);
    }
  }
  const told = ([name, its]) => [name, its.map((one) => [quantile(one, 0.5), quantile(one, 0.95)])];
  return {
    frames: found,
    spans: Object.fromEntries(Object.entries(spans).map(told)),
    events: many.trace.count,
    append_ms: quantile(appended, 0.5),
    click_ms: quantile(clicks, 0.5),
  };
};

function light(view, isLit) {
  const begun = performance.now();
  const event = Math.floor(view.trace.count / 2);
  view.show(isLit ? { kind: "message", id: view.trace.name(view.trace.ref.values[event]) } : null, null);
  paint(view);
  return performance.now() - begun;
}

/** Both in turn, frame by frame: what else the machine does hits both. */
function pan(views, share, frames, round) {
  const length = RUN_US * share;
  const taken = views.map(() => []);
  for (let frame = 0; frame < frames; frame += 1) {
    const from_us = RUN_US * (0.3 + 0.3 * Math.sin((frame + round) / 9)) * (1 - share);
    views.forEach((view, which) => {
      const begun = performance.now();
      view.lookAt({ from_us, to_us: from_us + length });
      paint(view);
      taken[which].push(performance.now() - begun);
    });
  }
  return taken;
}

/** One picture, with its pixels: reading one back waits for all of them. */
function paint(view) {
  view.paint();
  view.canvas.getContext("2d").getImageData(0, 0, 1, 1);
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** A run of so many messages, the same for the same number: sent, delivered after 5 to 200 ms, one in fifty lost. */
function fill(view, messages, appended) {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const events = [];
  for (let i = 0; i < messages; i += 1) {
    const at_us = Math.floor(i / messages * RUN_US);
    const source = Math.floor(random() * NODES.length);
    const target = (source + 1 + Math.floor(random() * (NODES.length - 1))) % NODES.length;
    const took_us = 5_000 + Math.floor(random() * 195_000);
    const told = { ref: `m${i}`, key: `k${i % 500}`, what: TYPES[i % TYPES.length] };
    events.push({ ...told, at_us, kind: "sent", node: NODES[source], took_us: 0 });
    const kind = random() < 0.02 ? "dropped" : "delivered";
    events.push({ ...told, at_us: at_us + took_us, kind, node: NODES[target], other: NODES[source], took_us });
    if (kind === "delivered" && target % 2) {
      events.push({ ...told, at_us: at_us + took_us, kind: "applied", node: NODES[target], ref: `u${i}`, took_us: 0 });
    }
  }
  events.sort((a, b) => a.at_us - b.at_us);
  for (let first = 0; first < events.length; first += PIECE) {
    const piece = pieceOf(events.slice(first, first + PIECE), first, events.length);
    const begun = performance.now();
    view.append(piece);
    appended.push(performance.now() - begun);
  }
}

function pieceOf(events, first, total) {
  const names = [];
  const places = new Map();
  const place = (text) => {
    if (text === undefined) return -1;
    if (!places.has(text)) places.set(text, names.push(text) - 1);
    return places.get(text);
  };
  let last = 0;
  const piece = { kinds: KINDS, nodes: NODES, started_us: 0, ended: true, total, first, count: events.length, names, faults: [], next: "", more: false };
  for (const column of ["at_us", "kind", "node", "key", "what", "ref", "other", "took_us", "extra"]) piece[column] = [];
  for (const event of events) {
    piece.at_us.push(event.at_us - last);
    last = event.at_us;
    piece.kind.push(KINDS.indexOf(event.kind));
    for (const column of ["node", "key", "what", "ref", "other"]) piece[column].push(place(event[column]));
    piece.took_us.push(event.took_us);
    piece.extra.push(event.kind === "dropped" ? place("loss") : 0);
  }
  return piece;
}
