/**
 * The service map on the page: cards in their places, curves between them, and the flow of messages above.
 *
 * @import {State, NodeView, MessageView, FaultView} from "../types.js"
 * @import {Scene} from "../figures/map.js"
 * @import {Curve} from "../figures/curves.js"
 * @import {StillDot} from "../figures/still.js"
 * @import {OnBreak} from "./break_points.js"
 */

import { isOver } from "../clock.js";
import { faultTexts } from "../fault_texts.js";
import { GROUP_TONES, shapeOfTone, toneOfType, typesOf } from "../figures/flow.js";
import { pointAt } from "../figures/curves.js";
import { lasting, troubles } from "../figures/faults.js";
import { columnCount, isTiered, mapHeight, mapScene } from "../figures/map.js";
import { texts } from "../texts.js";
import { find, h, setAttribute, setText, svg } from "./dom.js";
import { breakableCard, breakableEdge } from "./break_points.js";
import { createFlow } from "./flow.js";
import { running, showInstances } from "./instances.js";
import { nodeCard, showLag, showSteps, showTrouble } from "./node_card.js";

/** Below this width the map stands upright. */
const UPRIGHT_PX = 620;
const BOX_REM = { w: 10, w_min: 6.4, h: 5.5 };
/** The narrowest card of those that never stand upright. */
const TIERED_W_MIN_REM = 5.7;
/** What a card needs for its steps, and for each letter of its name. */
const STEPS_REM = 7.6;
const LETTER_REM = 0.52;
const COLUMN_GAP_PX = 24;
/** The map's share of the page beside the matrix: as in `.run-grid`. */
const SHARE = 0.6;
/** Upright: room for the arches at the side and for the ways between the two bands. */
const UPRIGHT_GAPS_PX = 84;
/** The legend's order: the way of an order, then what is not a fact, then what is lost. */
const LEGEND_ORDER = [
  "command",
  "placed",
  "validated",
  "taxed",
  "mailed",
  "rejected",
  "spread",
  "lead",
  "reply",
];
/** How long an edge stays lit after a message. */
const LIT_MS = 1_200;

/**
 * @param {HTMLElement} root
 * @param {{scalable: string[], onScale: (node: string, change: 1|-1) => void, onBreak?: OnBreak|null}} options
 */
export function createMap(root, { scalable, onScale, onBreak = null }) {
  const stage = find(".map-stage", root);
  const lines = find(".map-edges", stage);
  const cards = find(".map-nodes", stage);
  const legend = find(".map-legend", root);
  const note = find(".map-note", root);
  const headNote = find(".panel-head .panel-note", root);
  const usualNote = headNote.textContent ?? "";
  /** @type {FaultView[]} */
  let faults = [];
  let isOverNow = false;
  /** Whether what is under way at one instant is shown, and does not move. */
  let isStill = false;
  /** @type {ReadonlySet<string>} */
  let lookedAt = new Set();
  const flow = createFlow(find("canvas", stage));
  /** @type {NodeView[]} */
  let nodes = [];
  /** @type {Map<string, HTMLElement>} */
  let cardOf = new Map();
  /** @type {Map<string, Element>} */
  let lineOf = new Map();
  /** @type {Scene["edges"]} */
  let edges = [];
  /** @type {Map<string, number>} */
  const litMs = new Map();
  /** @type {Map<string, {arrived: number, lost: number}>} */
  const counts = new Map();
  const legendShown = new Set();
  /** @type {ReadonlySet<string>} the edges on which something is under way where time stands */
  let stillLit = new Set();
  let skipped = 0;

  function arrange() {
    if (!nodes.length || !stage.clientWidth) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    root.parentElement?.classList.toggle("is-stacked", !fitsBeside(rem));
    const upright = stage.clientWidth < UPRIGHT_PX && !isTiered(nodes);
    const [box_w, box_h] = [boxWidth(rem, upright), BOX_REM.h * rem];
    const ways = lengthOf(root, "--map-ways") * rem;
    const least = upright ? 0 : lengthOf(root, "--map-min-height") * rem;
    const height = Math.max(mapHeight(nodes, box_h, upright, ways), least);
    root.classList.toggle("is-upright", upright);
    const scene = mapScene(nodes, { width: stage.clientWidth, height, box_w, box_h, upright });
    stage.style.setProperty("height", `${scene.height}px`);
    placeCards(scene, cardOf);
    edges = scene.edges;
    lineOf = drawEdges(lines, scene, onBreak);
    showFaults();
    flow.resize(scene.width, scene.height, new Map(scene.edges.map((edge) => [edge.id, edge.curve])), rem);
  }

  /** @param {number} rem @param {boolean} upright */
  function boxWidth(rem, upright) {
    if (upright) return Math.min(BOX_REM.w * rem, (stage.clientWidth - UPRIGHT_GAPS_PX) / 2);
    const columns = columnCount(nodes);
    const room = (stage.clientWidth - COLUMN_GAP_PX * (columns - 1)) / columns;
    const least = isTiered(nodes) ? TIERED_W_MIN_REM : BOX_REM.w_min;
    return Math.max(least * rem, Math.min(BOX_REM.w * rem, Math.floor(room)));
  }

  /** Whether the map has room beside the matrix; asked of the page's width, which the answer does not change. @param {number} rem */
  function fitsBeside(rem) {
    const columns = columnCount(nodes);
    const frame = root.clientWidth - stage.clientWidth;
    const width = ((root.parentElement?.clientWidth ?? 0) - rem) * SHARE - frame;
    const hasSteps = scalable.length > 0 && !document.documentElement.classList.contains("is-projector");
    const letters = Math.max(...nodes.map((node) => node.id.length));
    const box_rem = Math.max(hasSteps ? STEPS_REM : BOX_REM.w_min, 1.2 + letters * LETTER_REM);
    return width >= Math.max(UPRIGHT_PX, columns * (box_rem * rem + COLUMN_GAP_PX) - COLUMN_GAP_PX);
  }

  /** @param {NodeView[]} newNodes */
  function rebuild(newNodes) {
    nodes = newNodes;
    cardOf = new Map(nodes.map((node) => [node.id, nodeCard(node, scalable.includes(node.id), onScale)]));
    cards.replaceChildren(...cardOf.values());
    if (onBreak) {
      for (const node of nodes) breakableCard(need(cardOf.get(node.id)), node, () => edges, onBreak);
    }
    typesOf(nodes).forEach(explain);
    arrange();
  }

  /** @param {MessageView[]} messages */
  function count(messages) {
    const now = performance.now();
    for (const message of messages) {
      litMs.set(`${message.source} ${message.target}`, now);
      const counted = counts.get(message.target) ?? { arrived: 0, lost: 0 };
      if (message.arrived_us === null) counted.lost += 1;
      else counted.arrived += 1;
      counts.set(message.target, counted);
      explain(message.type);
    }
  }

  /** Adds a type to the legend, once. @param {string} type */
  function explain(type) {
    const tone = toneOfType(type);
    const isGroup = GROUP_TONES.includes(tone);
    const name = isGroup ? tone : type;
    if (legendShown.has(name)) return;
    legendShown.add(name);
    legend.append(legendEntry(isGroup ? texts.talk[tone] : type, tone));
  }

  /** What is wrong now: at the cards, along the lines, and in words above. */
  function showFaults() {
    const { nodes: atNodes, links } = troubles(faults);
    for (const [id, element] of cardOf) showTrouble(element, atNodes.get(id));
    for (const [id, line] of lineOf) {
      const trouble = links.get(id);
      line.classList.toggle("is-troubled", trouble !== undefined && !trouble.cuts);
      line.classList.toggle("is-cut", trouble?.cuts ?? false);
    }
    const now = lasting(faults);
    root.classList.toggle("has-fault", now.length > 0);
    const labels = now.map((fault) => fault.label);
    const told = isOverNow ? faultTexts.atTheEnd(labels) : texts.faultsNow(labels);
    setText(headNote, labels.length ? told : isStill ? texts.still : usualNote);
  }

  setInterval(() => {
    const now = performance.now();
    for (const [id, line] of lineOf) {
      line.classList.toggle("is-lit", stillLit.has(id) || now - (litMs.get(id) ?? -LIT_MS) < LIT_MS);
    }
    setText(note, skipped ? texts.dotsSkipped(skipped) : "");
    skipped = 0;
  }, 1_000);
  new ResizeObserver(arrange).observe(root);

  return {
    /** How fast what is shown goes, 0 where it stands. @param {number} pace */
    setPace: flow.setPace,
    /** Another instant is shown: what was under way is not any more. */
    clear: flow.clear,
    /** What is under way where time stands. @param {{dots: StillDot[], skipped: number}|null} found */
    still(found) {
      flow.still(found?.dots ?? []);
      skipped = found?.skipped ?? 0;
      isStill = found !== null;
      showFaults();
      stillLit = new Set(found?.dots.map(({ edge }) => edge));
      if (found) litMs.clear();
      for (const [id, line] of lineOf) line.classList.toggle("is-lit", stillLit.has(id));
      for (const { type } of found?.dots ?? []) explain(type);
    },
    /** Every frame's messages, each once. @param {State} state */
    receive(state) {
      count(state.messages);
      skipped += state.messages_skipped + flow.add(state.messages);
    },
    /** @param {State} state */
    show(state) {
      if (state.nodes !== nodes) rebuild(state.nodes);
      const isOverThen = isOver(state.run?.state);
      if (state.faults !== faults || isOverThen !== isOverNow) {
        [faults, isOverNow] = [state.faults, isOverThen];
        showFaults();
      }
      const recent = state.seconds.slice(-2);
      for (const [id, element] of cardOf) {
        element.classList.toggle("is-looked-at", lookedAt.has(id));
        showLag(element, Math.max(...recent.map((second) => second.lag_ms[id] ?? -1)), counts.get(id));
        const instances = state.instances.filter((instance) => instance.node === id);
        showInstances(element, instances, isOverNow ? texts.ended : texts.noInstance);
        if (state.run) showSteps(element, id, running(instances).length, state.run.partitions);
      }
    },
    /** The nodes that somebody points at, from the next `show` on. @param {ReadonlySet<string>} ids */
    lookAt(ids) {
      lookedAt = ids;
    },
  };
}

/** A length in rem that the page's layout gives the map. @param {HTMLElement} root @param {string} name */
function lengthOf(root, name) {
  return parseFloat(getComputedStyle(root).getPropertyValue(name)) || 0;
}

/** @param {Scene} scene @param {Map<string, HTMLElement>} cardOf */
function placeCards(scene, cardOf) {
  for (const box of scene.boxes) {
    const element = cardOf.get(box.id);
    element?.style.setProperty("transform", `translate(${box.x}px, ${box.y}px)`);
    element?.style.setProperty("width", `${box.w}px`);
    element?.style.setProperty("height", `${box.h}px`);
  }
}

/** @param {Element} lines @param {Scene} scene @param {OnBreak|null} onBreak @returns {Map<string, Element>} */
function drawEdges(lines, scene, onBreak) {
  setAttribute(lines, "viewBox", `0 0 ${scene.width} ${scene.height}`);
  setAttribute(lines, "width", String(scene.width));
  setAttribute(lines, "height", String(scene.height));
  const drawn = new Map(scene.edges.map((edge) => [edge.id, edgeOf(edge.curve)]));
  lines.replaceChildren(...drawn.values());
  if (onBreak) {
    for (const edge of scene.edges) {
      breakableEdge(need(drawn.get(edge.id)), edge, pathOf(edge.curve), onBreak);
    }
  }
  return drawn;
}

/** A line, and the cross that it shows where it is cut. @param {Curve} curve */
function edgeOf(curve) {
  const [x, y] = pointAt(curve, 0.5);
  const group = svg("g", { class: "edge" });
  const arm = 5;
  group.append(
    svg("path", { d: pathOf(curve) }),
    svg("path", {
      class: "edge-cut",
      d: `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x + arm} ${y - arm}L${x - arm} ${y + arm}`,
    }),
  );
  return group;
}

/** @template T @param {T|undefined} found @returns {T} */
function need(found) {
  if (found === undefined) throw new Error("the map lacks what its own scene names");
  return found;
}

/** @param {Curve} c */
function pathOf(c) {
  return `M${c[0]} ${c[1]}C${c[2]} ${c[3]} ${c[4]} ${c[5]} ${c[6]} ${c[7]}`;
}

/** @param {string} label @param {string} tone */
function legendEntry(label, tone) {
  const mark = h("span", "mark");
  mark.dataset.shape = shapeOfTone(tone);
  mark.dataset.tone = tone;
  const entry = h("li", "", [mark, label]);
  entry.style.setProperty("order", String(LEGEND_ORDER.indexOf(tone)));
  return entry;
}
