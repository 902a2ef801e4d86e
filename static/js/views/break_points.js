/**
 * Where the presenter may take hold of the map to break something: every card, and every line by its middle.
 *
 * Lines are for the pointer only; by keyboard and by finger one comes to them from the panel of a node.
 *
 * @import {NodeView} from "../types.js"
 * @import {Edge} from "../figures/map.js"
 * @import {Subject} from "./fault_panel.js"
 */

import { faultTexts } from "../fault_texts.js";
import { h, svg } from "./dom.js";

/** @typedef {(subject: Subject, from: HTMLElement|SVGElement, where: {x: number, y: number}) => void} OnBreak */

const BOLT = "M9.5 1 3 9.2h4.1L6 15l6.8-8.6H8.4z";

/**
 * @param {HTMLElement} card
 * @param {NodeView} node
 * @param {() => Edge[]} edges
 * @param {OnBreak} onBreak
 */
export function breakableCard(card, node, edges, onBreak) {
  const button = h("button", "node-break", [bolt()]);
  button.type = "button";
  button.setAttribute("aria-label", faultTexts.breakNode(node.id));
  button.setAttribute("aria-haspopup", "dialog");
  button.title = faultTexts.breakNode(node.id);
  card.append(button);
  card.classList.add("is-breakable");
  card.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest(".stepper, .node-name")) return;
    const { right, top } = card.getBoundingClientRect();
    const ways = edges().filter(({ source, target }) => source === node.id || target === node.id)
      .map(({ source, target, topics }) => ({ source, target, topics }));
    onBreak({ place: { node: node.id, role: node.role }, topics: [], ways }, button, {
      x: right,
      y: top + 40,
    });
  });
}

/** A wide, unseen line over the one that is seen. @param {Element} group @param {Edge} edge @param {string} path @param {OnBreak} onBreak */
export function breakableEdge(group, { source, target, topics }, path, onBreak) {
  const hit = svg("path", { class: "edge-hit", d: path });
  const title = svg("title", {});
  title.textContent = faultTexts.breakLink(source, target);
  hit.append(title);
  hit.addEventListener("click", (event) => {
    const { clientX: x, clientY: y } = /** @type {MouseEvent} */ (event);
    onBreak({ place: { source, target }, topics, ways: [] }, /** @type {SVGElement} */ (hit), { x, y });
  });
  group.append(hit);
}

function bolt() {
  const drawn = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  drawn.append(svg("path", { d: BOLT }));
  return drawn;
}
