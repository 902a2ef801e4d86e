/** Maps of systems that are no chain of services: peers side by side, and no way through a box. */

import { deepStrictEqual as equal, ok } from "node:assert";
import { pointAt } from "../../static/js/figures/curves.js";
import { columnCount, isTiered, mapHeight, mapScene } from "../../static/js/figures/map.js";
import { sampleNodes, sampleSynchronousNodes } from "./sample_system.js";

/** @param {string} id @param {string} role @param {string[]} subscribes @param {string[]} publishes @param {boolean} [replica] */
const node = (id, role, subscribes, publishes, replica = false) => ({
  id,
  role,
  replica,
  subscribes,
  publishes,
});

/** @param {string[]} regions */
function gossip(regions) {
  return [
    node("client", "client", ["answers"], regions.map((one) => `ask.${one}`)),
    ...regions.map((one) =>
      node(one, "replica", [`ask.${one}`, `region.${one}`], [
        "answers",
        ...regions.filter((other) => other !== one).map((other) => `region.${other}`),
      ], true)
    ),
  ];
}

function quorum() {
  const regions = ["eu", "us", "ap"];
  return [
    node("client", "client", ["results"], regions.map((one) => `operations.${one}`)),
    ...regions.map((one) =>
      node(`coord-${one}`, "coordinator", [`operations.${one}`, `acks.${one}`], ["results", "writes"])
    ),
    ...regions.map((one) => node(one, "view", ["writes"], regions.map((other) => `acks.${other}`), true)),
  ];
}

const leaders = [
  node("client", "client", ["answers"], ["commands.a", "commands.b", "reads"]),
  node("lock", "service", ["lock"], ["leases.a", "leases.b"]),
  node("writer-a", "service", ["commands.a", "leases.a", "storage.a"], ["answers", "lock", "requests"]),
  node("writer-b", "service", ["commands.b", "leases.b", "storage.b"], ["answers", "lock", "requests"]),
  node("storage", "store", ["requests", "reads"], ["storage.a", "storage.b", "changes", "answers"], true),
  node("view-1", "view", ["changes"], [], true),
  node("view-2", "view", ["changes"], [], true),
];

const failover = [
  ...gossip(["eu", "us", "ap"]).map((one) => ({
    ...one,
    role: one.role === "replica" ? "region" : one.role,
    subscribes: one.role === "replica" ? [...one.subscribes, "primaries"] : one.subscribes,
    publishes: one.role === "replica" ? [...one.publishes, "alive"] : one.publishes,
  })),
  node("monitor", "service", ["alive"], ["primaries"]),
];

const systems = {
  "two regions": gossip(["eu", "us"]),
  "three regions": gossip(["eu", "us", "ap"]),
  "seven regions": gossip(["eu", "us", "ap", "sa", "me", "af", "oc"]),
  quorum: quorum(),
  "one of two writers leads": leaders,
  "fail-over": failover,
};

/** @param {import("../../static/js/types.js").NodeView[]} nodes @param {number} width */
function sceneOf(nodes, width) {
  const box_w = width < 500 ? 92 : 140;
  return mapScene(nodes, {
    width,
    height: mapHeight(nodes, 88, false),
    box_w,
    box_h: 88,
    upright: width < 500,
  });
}

for (const [name, nodes] of Object.entries(systems)) {
  for (const width of [334, 1000]) {
    Deno.test(`${name}, ${width} wide: boxes are apart and inside, and no curve leads through a box`, () => {
      ok(isTiered(nodes));
      const { boxes, edges, width: w, height: h } = sceneOf(nodes, width);
      equal(boxes.map((box) => box.id).sort(), nodes.map((one) => one.id).sort());
      for (const a of boxes) {
        ok(a.x >= 0 && a.y >= 0 && a.x + a.w <= w && a.y + a.h <= h, `${a.id} is inside`);
        for (const b of boxes) {
          const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          ok(a === b || apart, `${a.id} and ${b.id} do not overlap`);
        }
      }
      for (const edge of edges) {
        for (let t = 0.02; t < 0.99; t += 0.02) {
          const [x, y] = pointAt(edge.curve, t);
          ok(x >= -1 && x <= w + 1 && y >= -1 && y <= h + 1, `${edge.id} stays inside`);
          const hit = boxes.find((box) =>
            x > box.x + 2 && x < box.x + box.w - 2 && y > box.y + 2 && y < box.y + box.h - 2
          );
          ok(!hit, `${edge.id} leads through ${hit?.id} at ${t.toFixed(2)}`);
        }
      }
    });
  }
}

Deno.test("peers stand in one line, in their order, below who asks them", () => {
  const { boxes } = sceneOf(quorum(), 1000);
  const at = Object.fromEntries(boxes.map((box) => [box.id, box]));
  for (const line of [["eu", "us", "ap"], ["coord-eu", "coord-us", "coord-ap"]]) {
    equal(new Set(line.map((id) => at[id].y)).size, 1);
    ok(at[line[0]].x < at[line[1]].x && at[line[1]].x < at[line[2]].x);
  }
  equal(at["coord-us"].x, at.us.x);
  equal(at.client.x, at.us.x);
  ok(at.client.y < at["coord-us"].y && at["coord-us"].y < at.us.y);
  equal(columnCount(quorum()), 3);
});

Deno.test("the order flow keeps its columns, and a phone does not turn peers", () => {
  equal([sampleNodes(2), sampleSynchronousNodes()].map(isTiered), [false, false]);
  equal(sceneOf(gossip(["eu", "us"]), 334).upright, false);
});

Deno.test("the two ways between two peers that are no neighbours do not cover each other", () => {
  const { edges } = sceneOf(gossip(["eu", "us", "ap"]), 1000);
  const [there, back] = ["eu ap", "ap eu"].map((id) => edges.find((edge) => edge.id === id));
  const middle = [there, back].map((edge) => edge && pointAt(edge.curve, 0.5)[1]);
  ok(Math.abs((middle[0] ?? 0) - (middle[1] ?? 0)) > 5);
});
