/** The service map: where boxes and curves go, for both designs, lying and upright; and the dots on the curves. */

import { deepStrictEqual as equal, ok } from "node:assert";
import {
  admit,
  dotAt,
  DOTS_MAX,
  shapeOfTone,
  toneOfType,
  travelMs,
  typesOf,
} from "../../static/js/figures/flow.js";
import { pointAt } from "../../static/js/figures/curves.js";
import { columnCount, linksOf, mapHeight, mapScene } from "../../static/js/figures/map.js";
import { sampleNodes, sampleSynchronousNodes } from "./sample_system.js";

/** @param {import("../../static/js/types.js").NodeView[]} nodes @param {boolean} upright */
function sceneOf(nodes, upright) {
  const [box_w, box_h] = upright ? [124, 88] : [140, 88];
  const width = upright ? 334 : 1000;
  return mapScene(nodes, { width, height: mapHeight(nodes, box_h, upright), box_w, box_h, upright });
}

/** A chain of services, of which the last reports back to the first. */
const longChain = Array.from({ length: 10 }, (_, i) => ({
  id: `s${i}`,
  role: i ? "service" : "client",
  replica: false,
  subscribes: i ? [`t${i - 1}`] : ["t9"],
  publishes: [`t${i}`],
}));

const systems = {
  broadcast: sampleNodes(4),
  "many views": sampleNodes(13),
  "long chain": longChain,
  synchronous: sampleSynchronousNodes(),
};

for (const [name, nodes] of Object.entries(systems)) {
  for (const upright of [false, true]) {
    Deno.test(`${name}, ${upright ? "upright" : "lying"}: boxes do not overlap and lie inside the scene`, () => {
      const { boxes, width, height } = sceneOf(nodes, upright);
      equal(boxes.length, nodes.length);
      for (const a of boxes) {
        ok(a.x >= 0 && a.y >= 0 && a.x + a.w <= width && a.y + a.h <= height, `${a.id} is inside`);
        for (const b of boxes) {
          const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          ok(a === b || apart, `${a.id} and ${b.id} do not overlap`);
        }
      }
    });

    Deno.test(`${name}, ${upright ? "upright" : "lying"}: curves stay inside the scene`, () => {
      const { edges, width, height } = sceneOf(nodes, upright);
      for (const edge of edges) {
        for (let t = 0; t <= 1; t += 0.05) {
          const [x, y] = pointAt(edge.curve, t);
          ok(x >= -1 && x <= width + 1 && y >= -1 && y <= height + 1, `${edge.id} at ${t} is at ${x}, ${y}`);
        }
      }
    });
  }
}

Deno.test("the same nodes give the same scene", () => {
  equal(sceneOf(sampleNodes(2), false), sceneOf(sampleNodes(2), false));
});

Deno.test("services stand in columns by their distance from the client, views below", () => {
  const { boxes } = sceneOf(sampleNodes(2), false);
  const services = ["client", "order", "validation", "tax", "email"];
  const xs = services.map((id) => boxes.find((box) => box.id === id)?.x ?? -1);
  equal(xs, [...xs].sort((a, b) => a - b));
  equal(new Set(xs).size, services.length);
  const lowest = Math.max(...boxes.filter((box) => services.includes(box.id)).map((box) => box.y + box.h));
  ok(boxes.filter((box) => box.role === "view").every((box) => box.y > lowest));
  equal(columnCount(sampleNodes(2)), 5);
});

Deno.test("a link joins those that share a topic, and names the topics", () => {
  const links = linksOf(sampleNodes(1));
  equal(links.find((link) => link.id === "client view-1")?.topics, ["queries.view-1"]);
  equal(links.find((link) => link.id === "validation order")?.topics, ["validated"]);
  equal(links.some((link) => link.id === "email tax"), false);
});

Deno.test("a single node, a node nobody reaches and no node at all are laid out too", () => {
  const lonely = { id: "x", role: "service", replica: false, subscribes: [], publishes: [] };
  equal(sceneOf([lonely], false).boxes.length, 1);
  equal(sceneOf([...sampleNodes(1), lonely], false).boxes.length, 7);
  equal(sceneOf([], false).boxes, []);
});

/** @param {string} id @param {number} sent_us @param {number|null} arrived_us */
const message = (id, sent_us, arrived_us) => ({
  id,
  type: "OrderPlaced",
  key: "k",
  source: "a",
  target: "b",
  sent_us,
  arrived_us,
});

Deno.test("a dot travels in proportion to its message, within bounds", () => {
  equal([1, 200, 60_000].map(travelMs), [350, 800, 2_800]);
});

Deno.test("dots are admitted in the order of sending, and those over the bound are counted", () => {
  const many = Array.from({ length: DOTS_MAX + 5 }, (_, i) => message(`m${i}`, 1_000 - i, 200_000));
  const { dots, skipped } = admit([], many, 0);
  equal([dots.length, skipped], [DOTS_MAX, 5]);
  equal(dots[0].id, `m${DOTS_MAX + 4}`);
  ok(dots[DOTS_MAX - 1].from_ms < 50);
  equal(admit(dots, [], 60_000).dots, []);
});

Deno.test("a dot moves and is gone; a lost one stops on the way, as a cross that fades", () => {
  const [dot] = admit([], [message("m", 0, 200_000)], 0).dots;
  equal(dotAt(dot, 400), { t: 0.5, lost: false, alpha: 1 });
  equal(dotAt(dot, 800), null);
  const [lost] = admit([], [message("l", 0, null)], 0).dots;
  equal(dotAt(lost, 90), { t: 0.1, lost: false, alpha: 1 });
  equal(dotAt(lost, 495), { t: 0.55, lost: true, alpha: 1 });
  equal(dotAt(lost, 495 + 1_100), null);
});

Deno.test("facts have the tone of the status they lead to; questions and answers are told apart", () => {
  const types = [
    "OrderPlaced",
    "OrderMailed",
    "PlaceOrder",
    "ReadOrder",
    "OrderRead",
    "Read",
    "ReadAnswer",
    "OrderAccepted",
  ];
  equal(types.map(toneOfType), [
    "placed",
    "mailed",
    "command",
    "command",
    "reply",
    "command",
    "reply",
    "reply",
  ]);
  const tones = ["placed", "validated", "taxed", "mailed", "rejected", "command", "reply"];
  equal(new Set(tones.map(shapeOfTone)).size, tones.length);
});

Deno.test("the legend knows a node's types by its topics, each once, and leaves unknown topics out", () => {
  const nodes = [{ publishes: ["commands", "queries.view-1"] }, { publishes: ["validated"] }, {
    publishes: ["commands"],
  }];
  equal(typesOf(nodes), ["Command", "OrderValidated", "OrderRejected"]);
  equal(typesOf(nodes).map(toneOfType), ["command", "validated", "rejected"]);
});

Deno.test("what replicas tell each other and who may write have tones of their own, and the legend says those", () => {
  const types = [
    "State",
    "RegisterWritten",
    "Lease",
    "NotLeader",
    "UpdateKey",
    "KeyUpdated",
    "StateTaken",
    "Store",
  ];
  equal(types.map(toneOfType), ["spread", "spread", "lead", "lead", "command", "reply", "reply", "command"]);
  const regions = [{ publishes: ["ask.eu"] }, { publishes: ["answers", "region.us"] }, {
    publishes: ["primaries"],
  }];
  equal(typesOf(regions).map(toneOfType), ["command", "reply", "spread", "lead"]);
});
