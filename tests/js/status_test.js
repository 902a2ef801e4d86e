import assert from "node:assert/strict";
import { isAbandoned } from "../../static/js/views/status.js";

/** @param {string} run @param {string[]} instances */
function state(run, instances) {
  return /** @type {any} */ ({ run: { state: run }, instances: instances.map((state) => ({ state })) });
}

Deno.test("a running run whose instances are all dead is abandoned", () => {
  assert.equal(isAbandoned(state("running", ["dead", "dead"])), true);
  assert.equal(isAbandoned(state("draining", ["dead"])), true);
});

Deno.test("one that lives, or may come yet, is enough; a run that is over needs none", () => {
  assert.equal(isAbandoned(state("running", ["dead", "alive"])), false);
  assert.equal(isAbandoned(state("running", ["dead", "starting"])), false);
  assert.equal(isAbandoned(state("running", [])), false);
  assert.equal(isAbandoned(state("stopped", ["dead"])), false);
});
