/**
 * Messages on their way, as dots with a beginning and an end in page time. Pure: the view asks where each one is now.
 *
 * A real latency of a few milliseconds could not be seen, so time is stretched: a dot travels `STRETCH` times as long as
 * its message did, within bounds; the label says the real time.
 *
 * @import {MessageView} from "../types.js"
 */

export const DOTS_MAX = 160;
export const STRETCH = 4;
export const TRAVEL_MS_MIN = 350;
export const TRAVEL_MS_MAX = 2_800;
/** Where on its way a lost message is seen to vanish, and how long its cross stays. */
export const LOST_AT = 0.55;
export const CROSS_MS = 1_100;

/**
 * @typedef {object} Dot
 * @property {string} id
 * @property {string} type
 * @property {string} edge source and target, as the map names its edges
 * @property {number} from_ms
 * @property {number} travel_ms
 * @property {number|null} latency_ms `null` for a lost one
 */

/** How long the dot of a message travels. @param {number|null} latency_ms */
export function travelMs(latency_ms) {
  if (latency_ms === null) return 900;
  return Math.min(TRAVEL_MS_MAX, Math.max(TRAVEL_MS_MIN, latency_ms * STRETCH));
}

/**
 * The dots after a frame: those still under way, and the new ones. A frame's messages start spread over `spread_ms` in
 * the order in which they were sent. Those over the bound are counted.
 *
 * @param {Dot[]} dots
 * @param {MessageView[]} messages
 * @param {number} now_ms
 * @param {number} [spread_ms]
 * @returns {{dots: Dot[], skipped: number}}
 */
export function admit(dots, messages, now_ms, spread_ms = 50) {
  const alive = dots.filter((dot) => now_ms < endMs(dot));
  const room = Math.max(0, DOTS_MAX - alive.length);
  const inOrder = [...messages].sort((a, b) => a.sent_us - b.sent_us);
  const added = inOrder.slice(0, room).map((message, index) => {
    const latency_ms = message.arrived_us === null
      ? null
      : Math.max(0, message.arrived_us - message.sent_us) / 1000;
    return {
      id: message.id,
      type: message.type,
      edge: `${message.source} ${message.target}`,
      from_ms: now_ms + (inOrder.length > 1 ? spread_ms * index / inOrder.length : 0),
      travel_ms: travelMs(latency_ms),
      latency_ms,
    };
  });
  return { dots: [...alive, ...added], skipped: inOrder.length - added.length };
}

/** @param {Dot} dot */
function endMs(dot) {
  return dot.from_ms + (dot.latency_ms === null ? dot.travel_ms * LOST_AT + CROSS_MS : dot.travel_ms);
}

/**
 * Where a dot is: how far along its edge, whether it is a cross by now, and how visible. `null`: not to be drawn.
 *
 * @param {Dot} dot
 * @param {number} now_ms
 * @returns {{t: number, lost: boolean, alpha: number}|null}
 */
export function dotAt(dot, now_ms) {
  if (now_ms < dot.from_ms || now_ms >= endMs(dot)) return null;
  const t = (now_ms - dot.from_ms) / dot.travel_ms;
  if (dot.latency_ms === null) {
    if (t < LOST_AT) return { t, lost: false, alpha: 1 };
    const faded = (now_ms - dot.from_ms - dot.travel_ms * LOST_AT) / CROSS_MS;
    return { t: LOST_AT, lost: true, alpha: 1 - faded * faded };
  }
  return { t, lost: false, alpha: 1 };
}

/** The facts whose colour is the colour of the status that they lead to. */
/** @type {Record<string, string>} */
const TONES = {
  OrderPlaced: "placed",
  OrderValidated: "validated",
  OrderTaxed: "taxed",
  OrderMailed: "mailed",
  OrderRejected: "rejected",
};
/** What goes by each topic of the order flow: so much is known of a run before, and after, a message is seen. */
/** @type {Record<string, string[]>} */
const TYPES_OF_TOPIC = {
  commands: ["Command"],
  replies: ["Reply"],
  placed: ["OrderPlaced"],
  validated: ["OrderValidated", "OrderRejected"],
  taxed: ["OrderTaxed"],
  mailed: ["OrderMailed"],
};
/** The same for other systems, by how their topics begin. @type {[RegExp, string][]} */
const TYPES_OF_TOPICS = [
  [/^(ask|operations|commands|reads)\.|^storage\.requests$/, "Command"],
  [/^(answers|results|responses)\b/, "Reply"],
  [/^(region\.|replication$|changes$)/, "State"],
  [/^(lock|alive|primaries|leases\.)/, "Lease"],
];
/** What replicas tell each other, and what is said about who may write. */
const SPREAD = new Set([
  "State",
  "Delta",
  "DeltaOnce",
  "Operations",
  "Replicated",
  "RegisterWritten",
]);
const LEAD = new Set([
  "Alive",
  "Lease",
  "Primary",
  "Acquire",
  "Granted",
  "Denied",
  "NotLeader",
  "Fenced",
  "Report",
  "Reported",
]);
const REPLIES =
  /(Accepted|Failed|Answer|Reply|Committed|Read|Updated|Done|Stored|Fetched|Taken|Loaded|Got|Changed|Conflict)$/;
/** Tones that stand for many types: the legend says the tone and not each type. */
export const GROUP_TONES = ["command", "reply", "spread", "lead"];

/**
 * The tone of a message by its type: a fact's status, else what kind of talk it is. "OrderRead" answers, "ReadOrder" asks.
 *
 * @param {string} type
 */
export function toneOfType(type) {
  if (type in TONES) return TONES[type];
  if (SPREAD.has(type)) return "spread";
  if (LEAD.has(type)) return "lead";
  return REPLIES.test(type) && type !== "Read" ? "reply" : "command";
}

/** The types of message that nodes are known to publish. @param {{publishes: string[]}[]} nodes */
export function typesOf(nodes) {
  return [
    ...new Set(nodes.flatMap((node) => node.publishes.flatMap(typesOfTopic))),
  ];
}

/** @param {string} topic @returns {string[]} */
function typesOfTopic(topic) {
  const known = TYPES_OF_TOPICS.find(([pattern]) => pattern.test(topic));
  return TYPES_OF_TOPIC[topic] ?? (known ? [known[1]] : []);
}

/** The shape of a dot, so that colour is not alone in telling types apart. @param {string} tone */
export function shapeOfTone(tone) {
  if (tone === "command") return "ring";
  if (tone === "reply") return "small";
  return {
    placed: "circle",
    validated: "square",
    taxed: "diamond",
    mailed: "triangle",
    rejected: "bar",
    spread: "circle",
    lead: "triangle",
  }[tone] ?? "circle";
}
