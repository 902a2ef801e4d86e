/** Every English sentence of the room's pages: what a translator has to see. */

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** @param {number} value */
export const figure = (value) => numbers.format(value);

/** @param {number} count @param {string} one @param {string} [many] */
const counted = (count, one, many = `${one}s`) => `${figure(count)} ${count === 1 ? one : many}`;

const SIGNED = / \(guest-(\d+)-[0-9a-f]{8}\)$/;

/** Contents as people wrote them, without the mark that makes each one unlike all others. @param {string} text */
const unsigned = (text) => text.replace(SIGNED, "");

/** @type {Record<string, string>} */
const KINDS = {
  address: "address",
  cart: "cart",
  stock: "tickets",
  likes: "likes",
  thread: "thread",
  order: "order",
};

export const texts = {
  link: { connecting: "Connecting …", live: "Live", away: "Connection lost, coming back …", over: "Over" },
  maybe: "The connection broke before the answer came. It may have happened: look again.",
  /** @param {number} number @param {string} name */
  who: (number, name) => `${name} · seat ${number}`,
  /** @param {string} target */
  at: (target) => `You are at ${target}`,
  noTarget: "You are in",
  lobby: "You are in. Watch the projector; this page wakes up by itself.",
  guessTitle: "Your guess",
  guessButton: "Send my guess",
  guessAgain: "Change my guess",
  guessKept: "Kept. You can change it until the run begins.",
  look: "Look again",
  neverLooked: "You have not looked yet",
  /** @param {string} key */
  key: (key) => {
    if (key.startsWith("guest-")) return `order ${key.slice(-4)}`;
    const [kind, number] = [key.slice(0, key.lastIndexOf("-")), key.slice(key.lastIndexOf("-") + 1)];
    return kind in KINDS ? `${KINDS[kind]} ${number}` : key;
  },
  /** @type {Record<string, string>} */
  doing: {
    assign: "Change it",
    add: "Put in",
    remove: "Take out",
    clear: "Empty it",
    increment: "Like",
    buy: "Buy one ticket",
    place: "Place an order",
  },
  /** @type {Record<string, string>} */
  placeholder: {
    address: "A new address, such as 1 Elm Street",
    cart: "Something, such as milk",
    thread: "A message",
  },
  /** A field of an order and its value; amounts are cents. @param {string} name @param {unknown} value */
  field: (name, value) =>
    name.endsWith("_cents") ? [name.slice(0, -6), (Number(value) / 100).toFixed(2)] : [name, String(value)],
  /** What stands in a key, and which seat wrote it. @param {unknown} value */
  content: (value) => String(value).replace(SIGNED, " · seat $1"),
  nothing: "nothing there",
  notThere: "Not there! This replica does not know your order yet.",
  /** @param {number} lacking */
  stale: (lacking) => `Old: ${counted(lacking, "confirmed change")} missing here`,
  fresh: "Nothing confirmed was missing when you looked",
  article: "Article",
  country: "Country",
  /** @param {number} waiting */
  waiting: (waiting) => (waiting ? `${counted(waiting, "thing")} on the way …` : ""),
  over: "This run is over.",
  /** @param {{updates: number, stale: number, lost: number, bought: number}} score */
  score: (score) =>
    [
      `${counted(score.updates, "change")} confirmed`,
      score.bought ? `${counted(score.bought, "ticket")} bought` : "",
      score.lost ? `${counted(score.lost, "change")} overwritten by somebody who had not seen it` : "",
      score.stale ? `shown something old ${score.stale === 1 ? "once" : `${figure(score.stale)} times`}` : "",
    ].filter(Boolean).join(" · "),
  /** The same event some times in a row is one. @param {string} text @param {number} times */
  repeated: (text, times) => (times > 1 ? `${text} (${figure(times)} times)` : text),
  /** @param {import("./types.js").SeatEvent} event @param {Record<string, string>} names */
  event: (event, names) => {
    const key = texts.key(event.key);
    const what = event.text ? `“${unsigned(event.text)}”` : "";
    const [f, outcome] = event.what.split("-");
    if (event.what === "stale") return `${key}: you were shown an old state`;
    if (event.what === "lost") {
      const by = event.count
        ? names[event.count] ?? `seat ${event.count}`
        : "one of the laboratory’s own clients";
      return `${key}: your ${what || "change"} was overwritten by ${by}, who had not seen it`;
    }
    if (outcome === "info") return `${key}: no answer in time. It may have happened.`;
    if (f === "read") return `${key}: could not be read`;
    if (outcome === "fail") return `${key}: ${f === "buy" ? "no ticket for you" : "refused"} ${what}`;
    return `${key}: ${
      f === "buy" ? "you have a ticket" : f === "place" ? "order accepted" : `confirmed ${what}`
    }`;
  },

  /** @param {number} count */
  here: (count) => counted(count, "person here", "people here"),
  /** @param {number} number @param {number} minutes */
  kicker: (
    number,
    minutes,
  ) => (number ? `Lesson ${number}${minutes ? ` · ${figure(minutes)} min` : ""}` : "Scenario"),
  /** @param {number} place @param {number} count */
  progress: (place, count) => `${figure(place)} of ${figure(count)} in the course`,
  fixKicker: "The fix, with the same seed",
  /** @param {number} stale @param {number} readers */
  shareOf: (stale, readers) => (readers ? `${Math.round((100 * stale) / readers)}%` : "–"),
  /** @param {number} stale @param {number} readers */
  shareWords: (stale, readers) =>
    readers
      ? `of this room read a stale value: ${figure(stale)} of ${
        counted(readers, "person", "people")
      } who looked`
      : "Nobody has looked yet",
  staleTitle: "Shown without a change that had been confirmed before they asked.",
  /** @param {string} key @param {number} sold @param {number} of */
  sold: (key, sold, of) => `${texts.key(key)}: ${figure(sold)} sold, ${figure(of)} existed`,
  /** @param {import("./types.js").LossView} loss */
  loss: (loss) =>
    `${loss.loser}${loss.lost ? `’s “${unsigned(loss.lost)}”` : ""} lost to ${
      loss.winner || "the laboratory’s clients"
    }`,
  /** @param {import("./types.js").LossView} loss */
  lossAt: (loss) => `${texts.key(loss.key)}, at ${loss.replica}`,
  /** @param {number} count */
  guesses: (count) => counted(count, "guess", "guesses"),
  noGuess: "No guess yet",
  measured: "measured",
  predicted: "predicted from latencies (PBS)",
  median: "the room’s median",
  /** @param {string} label @param {number} value @param {string} unit */
  mark: (label, value, unit) => `${label} ${figure(value)} ${unit}`.trim(),
  costPlayed: "Played",
  fixed: "fix",
  /** @param {number|null} at_s */
  when: (at_s) => (at_s === null ? "end" : at_s < 0 ? "start" : `${figure(at_s)} s`),
  /** @param {string} price */
  price: (price) => `The price of the fix: ${price}`,
  /** @param {number} stale @param {number} readers @param {number} reads @param {number} of */
  staleOf: (stale, readers, reads, of) =>
    readers
      ? `${figure(stale)} of ${counted(readers, "person", "people")}; ${figure(reads)} of ${
        counted(of, "read")
      }`
      : "–",
  facts: {
    people: "People",
    phase: "Phase",
    run: "Run",
    stale: "Read a stale value",
    updates: "Changes confirmed",
    lost: "Overwritten unseen",
    guesses: "Guesses",
  },
  /** @type {Record<string, string>} */
  phases: { lobby: "Lobby", ask: "Asking", run: "Running", result: "Result" },
  rename: "Rename",
  remove: "Free",
  reallyRemove: "Really?",
  newName: "New name",
  /** @param {string} name */
  removeLabel: (name) => `Free the seat of ${name}`,
  /** @param {string} name */
  renameLabel: (name) => `Rename ${name}`,
  away: "away",
};
