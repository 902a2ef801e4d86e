/**
 * A small make-believe of the broadcast design, for tests and for looking at the page without a server: which messages
 * and facts one order causes, and when. Deterministic for a seed.
 */

/** @param {number} seed @returns {() => number} numbers in [0, 1) */
export function randomOf(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {number} views */
export function sampleNodes(views) {
  const names = Array.from({ length: views }, (_, i) => `view-${i + 1}`);
  const queries = names.map((name) => `queries.${name}`);
  /** @type {(id: string, role: string, replica: boolean, subscribes: string[], publishes: string[]) => import("../../static/js/types.js").NodeView} */
  const node = (id, role, replica, subscribes, publishes) => ({ id, role, replica, subscribes, publishes });
  return [
    node("client", "client", false, ["replies", "by-hand"], ["commands", ...queries]),
    node("order", "service", true, ["commands", "validated", "taxed", "mailed"], ["placed", "replies"]),
    node("validation", "service", false, ["placed"], ["validated"]),
    node("tax", "service", false, ["validated"], ["taxed"]),
    node("email", "service", false, ["taxed"], ["mailed"]),
    ...names.map((name, i) =>
      node(name, "view", true, ["placed", "validated", "taxed", "mailed", queries[i]], ["replies"])
    ),
  ];
}

/** The synchronous design's nodes, whose map is a different one. */
export function sampleSynchronousNodes() {
  const asked = ["rpc.validation", "rpc.tax", "rpc.store", "rpc.email"];
  /** @type {(id: string, role: string, subscribes: string[], publishes: string[]) => import("../../static/js/types.js").NodeView} */
  const node = (id, role, subscribes, publishes) => ({
    id,
    role,
    replica: role === "store",
    subscribes,
    publishes,
  });
  return [
    node("client", "client", ["replies", "by-hand"], ["commands", "queries.view-1", "queries.view-2"]),
    node("order", "service", ["commands", "rpc.order"], [...asked, "replies"]),
    node("validation", "service", ["rpc.validation"], ["rpc.order"]),
    node("tax", "service", ["rpc.tax"], ["rpc.order"]),
    node("email", "service", ["rpc.email"], ["rpc.order"]),
    node("store", "store", ["rpc.store"], ["rpc.order", "rpc.view-1", "rpc.view-2"]),
    node("view-1", "view", ["queries.view-1", "rpc.view-1"], ["rpc.store", "replies"]),
    node("view-2", "view", ["queries.view-2", "rpc.view-2"], ["rpc.store", "replies"]),
  ];
}

/**
 * @typedef {{at_us: number, kind: "message", message: import("../../static/js/types.js").MessageView}} Arrival
 * @typedef {{at_us: number, kind: "fact", replica: string, key: string, fact: string, cents: number}} Fact
 * @typedef {{at_us: number, kind: "placed"|"accepted"|"mailed", key: string, latency_ms: number}} Milestone
 * @typedef {Arrival|Fact|Milestone} Happening
 */

/**
 * Everything that one order causes.
 *
 * @param {{key: string, at_us: number, views: string[], slow: string, loss: number, random: () => number}} order
 * @returns {Happening[]}
 */
export function happeningsOf({ key, at_us, views, slow, loss, random }) {
  /** @type {Happening[]} */
  const happenings = [];
  let number = 0;
  const cents = 500 + Math.floor(random() * 9_000);
  const latencyOf = (/** @type {string} */ target) =>
    Math.round((12_000 + -Math.log(1 - random()) * 60_000) * (target === slow ? 5 : 1));
  /** @param {string} type @param {string} source @param {string} target @param {number} sent_us @param {boolean} [mayBeLost] */
  const send = (type, source, target, sent_us, mayBeLost = false) => {
    const isLost = mayBeLost && random() < loss;
    const due_us = sent_us + latencyOf(target);
    const arrived_us = isLost ? null : due_us;
    const id = `${key}/${number += 1}`;
    happenings.push({
      at_us: due_us,
      kind: "message",
      message: { id, type, key, source, target, sent_us, arrived_us },
    });
    return isLost ? null : due_us;
  };
  /** @param {string} fact @param {string} source @param {number} sent_us */
  const tell = (fact, source, sent_us) => {
    for (const view of views) {
      const seen_us = send(fact, source, view, sent_us, true);
      if (seen_us !== null) {
        happenings.push({ at_us: seen_us, kind: "fact", replica: view, key, fact, cents });
      }
    }
    if (source === "order") return;
    happenings.push({
      at_us: send(fact, source, "order", sent_us) ?? 0,
      kind: "fact",
      replica: "order",
      key,
      fact,
      cents,
    });
  };

  const placed_us = send("PlaceOrder", "client", "order", at_us) ?? 0;
  happenings.push({ at_us, kind: "placed", key, latency_ms: 0 });
  happenings.push({ at_us: placed_us, kind: "fact", replica: "order", key, fact: "OrderPlaced", cents });
  const answered_us = send("OrderAccepted", "order", "client", placed_us) ?? 0;
  happenings.push({ at_us: answered_us, kind: "accepted", key, latency_ms: (answered_us - at_us) / 1000 });
  tell("OrderPlaced", "order", placed_us);
  const validated_us = send("OrderPlaced", "order", "validation", placed_us) ?? 0;
  const verdict = random() < 0.08 ? "OrderRejected" : "OrderValidated";
  tell(verdict, "validation", validated_us);
  if (verdict === "OrderRejected") return happenings;
  const taxed_us = send("OrderValidated", "validation", "tax", validated_us) ?? 0;
  tell("OrderTaxed", "tax", taxed_us);
  const mailed_us = send("OrderTaxed", "tax", "email", taxed_us) ?? 0;
  happenings.push({ at_us: mailed_us, kind: "mailed", key, latency_ms: 0 });
  tell("OrderMailed", "email", mailed_us);
  return happenings;
}

/** @type {[string, string][]} */
const STATUS_OF = [
  ["OrderRejected", "rejected"],
  ["OrderMailed", "mailed"],
  ["OrderTaxed", "taxed"],
  ["OrderValidated", "validated"],
];

/** The value that some facts add up to. @param {Set<string>} facts @param {number} cents */
export function valueOf(facts, cents) {
  const found = STATUS_OF.find(([fact]) => facts.has(fact));
  /** @type {Record<string, unknown>} */
  const value = { status: found ? found[1] : facts.has("OrderPlaced") ? "placed" : "incomplete" };
  if (facts.has("OrderPlaced")) value.net_cents = cents;
  if (facts.has("OrderTaxed")) value.total_cents = Math.round(cents * 1.19);
  return value;
}
