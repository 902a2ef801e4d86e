/**
 * What each design costs: one row a figure, one value a run, by the checkers' figures of the whole run. Pure.
 *
 * @typedef {Record<string, number>} Figures as `/runs/<id>/findings` names them
 *
 * @typedef {object} Price
 * @property {string} id names its label in the texts
 * @property {"share"|"ms"|"count"} unit
 * @property {"lower"|"higher"} better
 * @property {(number|null)[]} values by run; `null`: nothing to go by
 * @property {(number|null)[]} of of how many, where it is a share or a count of something
 * @property {boolean[]} best which are the best; none where all are alike: one run of each tells no small difference
 */

/** Values that differ by no more than this share are called alike. */
const ALIKE = 0.05;

/** @type {{id: string, unit: Price["unit"], better?: "higher", value: (f: Figures) => number|null, of?: (f: Figures) => number|null}[]} */
const ROWS = [
  { id: "divergent", unit: "ms", value: at("divergence.value.all.union_ms") },
  { id: "longest", unit: "ms", value: at("divergence.value.all.longest_ms") },
  { id: "lost", unit: "count", value: counted("lost-updates.lost"), of: at("lost-updates.lost.n") },
  { id: "stale", unit: "share", value: at("staleness.violations.share"), of: at("staleness.violations.n") },
  {
    id: "own",
    unit: "share",
    value: at("read-your-writes.violations.share"),
    of: at("read-your-writes.violations.n"),
  },
  { id: "converged", unit: "ms", value: at("convergence.convergence_ms.p99") },
  { id: "write50", unit: "ms", value: at("staleness.t_visibility.write_latency_ms_p50") },
  { id: "write99", unit: "ms", value: at("staleness.t_visibility.write_latency_ms_p99") },
  { id: "read99", unit: "ms", value: at("staleness.t_visibility.read_latency_ms_p99") },
  { id: "available", unit: "share", better: "higher", value: availability, of: operations },
  {
    id: "refused",
    unit: "count",
    value: (f) => (operations(f) ? outcomes(f, "fail") : null),
    of: operations,
  },
  { id: "messages", unit: "count", value: at("work.messages.sent") },
];

/**
 * @param {(Figures|null)[]} figures by run, `null` while they are not known
 * @returns {Price[]} only rows that some run has a value for
 */
export function prices(figures) {
  return ROWS.map(({ id, unit, better = "lower", value, of }) => {
    const values = figures.map((one) => (one ? value(one) : null));
    return {
      id,
      unit,
      better: /** @type {"lower"|"higher"} */ (better),
      values,
      of: figures.map((one) => (one && of ? of(one) : null)),
      best: bestOf(values, better),
    };
  }).filter(({ values }) => values.some((value) => value !== null));
}

/** @param {(number|null)[]} values @param {string} better */
function bestOf(values, better) {
  const known = values.filter((value) => value !== null);
  const best = better === "lower" ? Math.min(...known) : Math.max(...known);
  const isAlike = (/** @type {number} */ value) =>
    Math.abs(value - best) <= ALIKE * Math.max(Math.abs(value), Math.abs(best));
  const isTold = known.some((value) => !isAlike(value));
  return values.map((value) => isTold && value !== null && isAlike(value));
}

/** @param {string} name @returns {(figures: Figures) => number|null} */
function at(name) {
  return (figures) => figures[name] ?? null;
}

/** A count of something that there was. @param {string} name @returns {(figures: Figures) => number|null} */
function counted(name) {
  return (figures) => (figures[`${name}.n`] ? figures[`${name}.count`] ?? null : null);
}

/** How many operations ended so. @param {Figures} figures @param {string} outcome */
function outcomes(figures, outcome) {
  return Object.entries(figures)
    .filter(([name]) => name.startsWith("work.operations.") && name.endsWith(`.${outcome}`))
    .reduce((sum, [, value]) => sum + value, 0);
}

/** @param {Figures} figures */
function operations(figures) {
  return outcomes(figures, "ok") + outcomes(figures, "fail") + outcomes(figures, "info");
}

/** @param {Figures} figures */
function availability(figures) {
  const all = operations(figures);
  return all ? outcomes(figures, "ok") / all : null;
}
