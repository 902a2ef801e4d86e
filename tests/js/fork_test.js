/** What can be otherwise in a fork: choices, fields, and the changes that are sent. */

import { deepStrictEqual as equal } from "node:assert";
import { changesOf, choicesOf, fieldsOf, groupOf } from "../../static/js/figures/fork.js";

/** @type {import("../../static/js/figures/fork.js").Offer} */
const OFFER = {
  changes_max: 8,
  settings: [
    {
      path: "network.default.loss",
      group: "All links",
      label: "Messages lost",
      kind: "share",
      unit: "",
      value: 0.05,
      said: "5%",
      may_be_null: false,
      min: 0,
      max: 1,
      above: null,
    },
    {
      path: "network.default.latency",
      group: "All links",
      label: "Time on the way",
      kind: "latency",
      unit: "",
      value: { kind: "constant", ms: 5 },
      said: "5 ms",
      may_be_null: false,
    },
    {
      path: "workload.tokens",
      group: "Clients",
      label: "Tokens",
      kind: "choice",
      unit: "",
      value: "none",
      said: "no",
      may_be_null: false,
      choices: [["none", "no"], ["position", "yes"]],
    },
  ],
  nodes: [["client", "client"], ["tax", "service"]],
  links: [["client", "tax"], ["tax", "client"]],
};

Deno.test("faults and settings are offered by group, settings with the value that counts at the instant", () => {
  const groups = choicesOf(OFFER);
  equal(groups.map(({ group }) => group), [
    "Break a link",
    "Break a service",
    "Set: All links",
    "Set: Clients",
  ]);
  equal(groups[2].options[0], { value: "set:network.default.loss", text: "Messages lost (now 5%)" });
  equal(groupOf("set:workload.tokens", OFFER), "Set: Clients");
  equal(groupOf("fault:pause@node", OFFER), "Break a service");
});

Deno.test("a share is asked in percent, with its range and what it is now, and another value is suggested", () => {
  const [field] = fieldsOf("set:network.default.loss", OFFER, {});
  equal([field.label, field.hint, field.usual, field.min, field.max], [
    "From here on, in %",
    "0 to 100%, now 5%",
    "30",
    0,
    100,
  ]);
  equal(changesOf("set:network.default.loss", OFFER, { value: "12.5" }), [
    { set: "network.default.loss", value: 0.125 },
  ]);
});

Deno.test("what cannot be used is said in the unit in which it was asked for", () => {
  equal(
    changesOf("set:network.default.loss", OFFER, { value: "300" }),
    "From here on, in %: 300 cannot be used. Use 0 to 100.",
  );
  equal(
    changesOf("fault:lose@link", OFFER, { link: "0", both: "1", amount: "", for_s: "" }),
    "Share, in %: a number is missing here. Write one.",
  );
});

Deno.test("a distribution has the fields of its kind", () => {
  const names = (/** @type {string} */ kind) =>
    fieldsOf("set:network.default.latency", OFFER, { kind }).map(({ name }) => name);
  equal(names("constant"), ["kind", "ms"]);
  equal(names("uniform"), ["kind", "low_ms", "high_ms"]);
  equal(
    changesOf("set:network.default.latency", OFFER, { kind: "uniform", low_ms: "1", high_ms: "20" }),
    [{ set: "network.default.latency", value: { kind: "uniform", low_ms: 1, high_ms: 20 } }],
  );
});

Deno.test("a choice suggests the other one", () => {
  const [field] = fieldsOf("set:workload.tokens", OFFER, {});
  equal([field.usual, field.hint], ["position", "now no"]);
  equal(changesOf("set:workload.tokens", OFFER, { value: "position" }), [
    { set: "workload.tokens", value: "position" },
  ]);
});

Deno.test("a lossy link both ways is two faults, a clock is offered to services only", () => {
  const both = changesOf("fault:lose@link", OFFER, { link: "1", both: "1", amount: "30", for_s: "4" });
  equal(both, [
    { fault: { kind: "link", source: "tax", target: "client", loss: 0.3, for_s: 4 } },
    { fault: { kind: "link", source: "client", target: "tax", loss: 0.3, for_s: 4 } },
  ]);
  equal(fieldsOf("fault:clock@node", OFFER, {})[0].options, [["tax", "tax"]]);
  equal(changesOf("fault:pause@node", OFFER, { node: "tax", for_s: "" }), [
    { fault: { kind: "pause", node: "tax" } },
  ]);
});
