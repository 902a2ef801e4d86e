/** Every English sentence and label of the sheet that asks what is to be otherwise in a fork. */

export const forkTexts = {
  links: "Break a link",
  services: "Break a service",
  setting: (/** @type {string} */ group) => `Set: ${group}`,
  now: (/** @type {string} */ label, /** @type {string} */ said) => `${label} (now ${said})`,
  link: "From and to",
  service: "Which",
  direction: "Direction",
  bothWays: "both ways",
  oneWay: "this way only",
  forS: "For, in s",
  toTheEnd: "to the end",
  value: "From here on",
  valueIn: (/** @type {string} */ unit) => `From here on, in ${unit}`,
  rate: "From here on, a second",
  yes: "yes",
  no: "no",
  range: (/** @type {string} */ low, /** @type {string} */ high, /** @type {string} */ unit) =>
    `${low} to ${high}${unit ? (unit === "%" ? "%" : ` ${unit}`) : ""}`,
  wasNow: (/** @type {string} */ said) => `now ${said}`,
  remove: (/** @type {number} */ n) => `Remove change ${n}`,
  loading: "Looking at what can be otherwise …",
  failed: "What can be otherwise could not be fetched.",
  retry: "Try again",
  missing: (/** @type {string} */ label) => `${label}: a number is missing here. Write one.`,
  outside: (
    /** @type {string} */ label,
    /** @type {string} */ value,
    /** @type {string} */ low,
    /** @type {string} */ high,
  ) => `${label}: ${value} cannot be used. Use ${high ? `${low} to ${high}` : `at least ${low}`}.`,
  distribution: "Distribution",
  /** @type {Record<string, string>} */
  latencies: {
    constant: "always the same",
    uniform: "anywhere between",
    exponential: "exponential",
    pareto: "with a heavy tail (Pareto)",
  },
  /** @type {Record<string, string>} */
  latencyFields: {
    ms: "Takes, in ms",
    low_ms: "From, in ms",
    high_ms: "To, in ms",
    mean_ms: "Mean, in ms",
    floor_ms: "At least, in ms",
    scale_ms: "Scale, in ms",
    shape: "Shape",
  },
};
