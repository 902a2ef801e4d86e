/**
 * What is no chart, as numbers for a spreadsheet: the replicas side by side, and the services of the map. Pure.
 *
 * @import {State} from "../types.js"
 * @import {Table} from "./csv.js"
 */

/** What each replica shows of each key that is known here. @param {State} state @returns {Table} */
export function replicasTable({ keys, replicas, run }) {
  const rows = [...keys.values()].flatMap(({ key, values, diverged }) =>
    replicas.map((replica) => {
      const shown = values[replica];
      return [
        key,
        replica,
        shown ? JSON.stringify(shown.value) : null,
        shown?.updates ?? 0,
        shown ? (shown.at_us - (run?.started_us ?? 0)) / 1e6 : null,
        diverged,
      ];
    })
  );
  return { columns: ["key", "replica", "value", "updates", "since_s", "differs"], rows };
}

/** The services, their instances, and how far behind each was in the last second. @param {State} state @returns {Table} */
export function servicesTable({ nodes, instances, seconds }) {
  const lag_ms = seconds[seconds.length - 1]?.lag_ms ?? {};
  const rows = nodes.map(({ id, role, replica }) => {
    const own = instances.filter(({ node }) => node === id);
    const alive = own.filter(({ state }) => state === "alive").length;
    return [id, role, replica, own.length, alive, lag_ms[id] ?? null];
  });
  return { columns: ["service", "role", "replica", "instances", "alive", "lag_ms"], rows };
}
