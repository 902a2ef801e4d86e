/**
 * What rooms are sent: the schema of `consistency_viz/rooms/frames.py`.
 *
 * @typedef {{do: string, key: string, kind: string, takes: ""|"text"|"item"}} Offer
 * @typedef {{key: string, value: any, at_us: number, lacking: number}} KeyView
 * @typedef {{at_us: number, what: string, key: string, tone: "plain"|"good"|"bad"|"wait", text: string, count: number}} SeatEvent
 * @typedef {{ask: string, most: number, unit: string}} Asked
 * @typedef {{at_us: number, key: string, replica: string, loser: string, winner: string, lost: string}} LossView
 * @typedef {{number: number, name: string, target: string, tone: number, here: boolean, updates: number, stale_reads: number, lost: number, bought: number}} SeatView
 * @typedef {{number: number, scenario: string, title: string, summary: string, question: string, minutes: number, notes: string, steps: {at_s: number|null, say: string, ask: string}[], fix_title: string, price: string, predict: Asked|null}} LessonView
 * @typedef {{run: string, scenario: string, title: string, design: string, is_fix: boolean, answer: number|null, unit: string, figures: Record<string, number|null>}} Played
 *
 * @typedef {object} SeatFrame
 * @property {"seat"} kind
 * @property {string} room
 * @property {string} state
 * @property {"lobby"|"ask"|"run"|"result"} phase
 * @property {string} lesson
 * @property {string} question
 * @property {Asked|null} predict
 * @property {number|null} guess
 * @property {string} run_state
 * @property {number} number
 * @property {string} name
 * @property {string} target
 * @property {number} tone
 * @property {string} subject
 * @property {Offer[]} offers
 * @property {string} reason
 * @property {KeyView[]} views
 * @property {string[]} orders
 * @property {SeatEvent[]} events
 * @property {Record<string, string>} names
 * @property {number} waiting
 * @property {{updates: number, stale: number, lost: number, bought: number}} score
 *
 * @typedef {object} RoomFrame
 * @property {"room"} kind
 * @property {string} code
 * @property {string} title
 * @property {"open"|"locked"|"ended"} state
 * @property {"lobby"|"ask"|"run"|"result"} phase
 * @property {boolean} names_shown
 * @property {SeatView[]} seats
 * @property {LessonView|null} lesson
 * @property {string} run
 * @property {string} run_state
 * @property {boolean} is_fix
 * @property {number} readers
 * @property {number} stale_readers
 * @property {number} reads
 * @property {number} stale_reads
 * @property {number} updates
 * @property {LossView[]} losses
 * @property {number} loss_count
 * @property {[string, number, number][]} sold
 * @property {number[]} guesses
 * @property {number|null} answer
 * @property {number|null} prediction
 * @property {import("../figures/price.js").Figure[]} columns the cost table's
 * @property {Played[]} played
 */

export {};
