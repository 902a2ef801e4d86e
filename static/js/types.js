/**
 * The shapes that cross module borders. The first half mirrors `consistency_viz/live/frames.py`, name for name: it is
 * the wire schema and changes there first. The second half is what the page derives from it.
 *
 * @typedef {{id: string, role: string, replica: boolean, subscribes: string[], publishes: string[]}} NodeView
 * @typedef {{id: string, node: string, state: string, epoch: number, age_ms: number, partitions: number[]}} InstanceView
 *
 * @typedef {object} RunView
 * @property {string} id
 * @property {string} scenario
 * @property {string} title
 * @property {string} design
 * @property {string} summary
 * @property {number} seed
 * @property {number} partitions
 * @property {string} state pending, running, draining, finished, stopped, failed
 * @property {string} reason
 * @property {number} started_us
 * @property {number|null} ended_us
 * @property {string} subject "order" or "key"
 *
 * @typedef {{value: unknown, updates: number, at_us: number}} ReplicaValue
 *
 * @typedef {object} KeyView
 * @property {string} key
 * @property {number} born_us
 * @property {Record<string, ReplicaValue>} values
 * @property {boolean} diverged
 * @property {boolean} diverged_updates
 *
 * @typedef {object} WindowView
 * @property {string} key
 * @property {"value"|"updates"} view
 * @property {number} from_us
 * @property {number|null} to_us
 * @property {string[]} replicas
 *
 * @typedef {object} FaultView
 * @property {string} id
 * @property {string} what partition, link, pause, crash, slow, clock
 * @property {string[]} targets nodes, or links as "eu>us"
 * @property {string} label what is wrong and where
 * @property {string} mark what, in one or two words
 * @property {number} from_us
 * @property {number|null} to_us
 * @property {TouchView} [touched]
 *
 * @typedef {{messages: number, nodes: number, operations: number, kinds: Record<string, number>, note: string, counted: boolean}} TouchView
 *
 * @typedef {object} Totals
 * @property {number} updates_begun
 * @property {number} updates_accepted
 * @property {number} updates_failed
 * @property {number} updates_unknown
 * @property {number} keys_settled
 * @property {number} emails
 * @property {number} reads
 * @property {number} messages_sent
 * @property {number} messages_delivered
 * @property {number} messages_dropped
 * @property {number} observations
 * @property {number} windows_closed
 * @property {number} windows_open
 * @property {number} diverged_us_all
 * @property {number} diverged_us_live
 * @property {number|null} window_ms_p50
 * @property {number|null} window_ms_p99
 *
 * @typedef {object} Second
 * @property {number} second
 * @property {number} placed
 * @property {number} completed
 * @property {number} sent
 * @property {number} delivered
 * @property {number} dropped
 * @property {number} diverged_keys
 * @property {number|null} latency_ms_p50
 * @property {number|null} latency_ms_p99
 * @property {Record<string, number>} lag_ms
 * @property {number} ok
 *
 * @typedef {{counts: [number, number][], ms_p50: number|null, ms_p95: number|null, ms_p99: number|null}} Lengths
 *
 * @typedef {object} MessageView
 * @property {string} id
 * @property {string} type
 * @property {string} key
 * @property {string} source
 * @property {string} target
 * @property {number} sent_us
 * @property {number|null} arrived_us
 *
 * @typedef {{at_us: number, tone: string, text: string, key: string, mark: string}} Sentence
 *
 * @typedef {{each_s: number, diverged: number[]}} Course the whole run in steps: the most keys that differed in each
 *
 * @typedef {object} Delta
 * @property {"delta"} kind
 * @property {string} boot
 * @property {number} seq
 * @property {string} cursor
 * @property {number} at_us
 * @property {Totals} totals
 * @property {KeyView[]} [keys]
 * @property {WindowView[]} [opened]
 * @property {WindowView[]} [closed]
 * @property {Second[]} [seconds]
 * @property {MessageView[]} [messages]
 * @property {number} [messages_skipped]
 * @property {Sentence[]} [sentences]
 * @property {InstanceView[]|null} [instances]
 * @property {RunView|null} [run]
 * @property {FaultView[]} [faults]
 * @property {Lengths|null} [lengths]
 * @property {Course|null} [course]
 *
 * @typedef {object} Snapshot
 * @property {"snapshot"} kind
 * @property {string} boot
 * @property {number} seq
 * @property {string} cursor
 * @property {number} at_us
 * @property {string} reason joined, gap, restarted, ended
 * @property {RunView} run
 * @property {NodeView[]} nodes
 * @property {string[]} replicas
 * @property {InstanceView[]} instances
 * @property {Totals} totals
 * @property {KeyView[]} keys
 * @property {number} keys_dropped
 * @property {WindowView[]} windows
 * @property {number} windows_dropped
 * @property {Second[]} seconds
 * @property {Sentence[]} sentences
 * @property {FaultView[]} faults
 * @property {number} faults_dropped
 * @property {Lengths} lengths
 * @property {Sentence[]} marks
 * @property {Course} course
 *
 * @typedef {{kind: "refusal", text: string, remedy: string}} Refusal
 * @typedef {Snapshot|Delta|Refusal} Frame
 *
 * @typedef {object} State What the page knows: the fold of every frame so far. Never changed in place.
 * @property {string} boot
 * @property {number} seq
 * @property {string} cursor
 * @property {number} at_us
 * @property {RunView|null} run `null` until the first snapshot
 * @property {NodeView[]} nodes
 * @property {string[]} replicas
 * @property {InstanceView[]} instances
 * @property {Totals|null} totals
 * @property {Map<string, KeyView>} keys
 * @property {number} keys_dropped
 * @property {WindowView[]} windows
 * @property {number} windows_dropped
 * @property {Second[]} seconds
 * @property {Sentence[]} sentences
 * @property {FaultView[]} faults
 * @property {number} faults_dropped
 * @property {Lengths} lengths
 * @property {Sentence[]} marks
 * @property {Course} course
 * @property {MessageView[]} messages those of the last frame only: they are drawn once
 * @property {number} messages_skipped of the last frame
 * @property {boolean} needs_snapshot a frame did not fit: the socket must ask for a whole picture
 * @property {{reason: string, frames_skipped: number|null, at_us: number}|null} caught_up why the last snapshot came
 * @property {Refusal|null} refusal
 * @property {Selection|null} selection what all views point at; no frame changes it
 * @property {number|null} cursor_us the instant that is looked at; `null` is the present
 *
 * @typedef {object} Selection One thing of the run that all views point at.
 * @property {"key"|"node"|"message"|"update"|"window"} kind
 * @property {string} id a key, a node, a message's or an update's id, or `windowId` of a window
 * @property {number} [at_us] when it happened or began
 * @property {string[]} [ids] what belongs to it: of a window its key first, of an update or message its key
 *
 * @typedef {object} Theme Colours and type for figures, read from the style sheet once per colour scheme.
 * @property {string} text
 * @property {string} muted
 * @property {string} grid
 * @property {string} surface
 * @property {string} hot what is divergent
 * @property {string} warm what is divergent in the update-set view only
 * @property {string} bad
 * @property {string} accent
 * @property {string} fault
 * @property {string} fault_text
 * @property {string[]} series
 * @property {string} font_family
 * @property {number} font_px
 *
 * @typedef {{label: string, color: string, dash?: string, sign?: string}} LegendEntry `sign`: the symbol, if it is one
 *
 * @typedef {object} Figure
 * @property {object[]} data
 * @property {Record<string, unknown>} layout
 * @property {LegendEntry[]} legend
 * @property {import("./figures/csv.js").Table} table what it shows, for a spreadsheet
 * @property {boolean} [isEmpty] whether there is nothing to see in it
 */

export {};
