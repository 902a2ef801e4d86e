/**
 * The shapes of what `/runs/<id>/conflicts` answers: `checkers/biography`, name for name.
 *
 * @typedef {object} Author
 * @property {string} update
 * @property {string} who the client's session; "" for a service
 * @property {string} did
 * @property {string} what
 * @property {number} at_us
 * @property {string} node
 * @property {number} index where it was applied first; -1 for nowhere
 * @property {string} op
 * @property {string[]|null} knew `null` where the history does not say
 * @property {number} knew_more
 * @property {"client"|"replica"|"service"} by whose knowledge that is
 *
 * @typedef {{field: string, before: string, after: string, wrote: Record<string, string>, change: string}} FieldRow
 * @typedef {{node: string, at_us: number, index: number, outcome: string, after: string}} Meeting
 *
 * @typedef {object} Conflict
 * @property {string} id
 * @property {string} key
 * @property {number} at_us
 * @property {string} node
 * @property {string} outcome overwritten, discarded, gone, back, again, siblings, merged
 * @property {string} text
 * @property {string} rule
 * @property {string} update
 * @property {Author[]} authors
 * @property {number} more
 * @property {FieldRow[]} fields
 * @property {string[]} lost
 * @property {string[]} lost_for_good
 * @property {Meeting[]} meetings
 *
 * @typedef {{concurrent: number[], merge: number[], gone: number[]}} Marks places in the history
 *
 * @typedef {object} Conflicts
 * @property {"ready"|"none"} state
 * @property {string} [text]
 * @property {number} [started_us]
 * @property {Conflict[]} [conflicts]
 * @property {number} [total]
 * @property {Record<string, number>} [counts]
 * @property {number} [commuting]
 * @property {number} [applies_skipped]
 * @property {Marks} [marks]
 */

const AGAIN_MS = 1_500;
const ATTEMPTS_MAX = 4;

/**
 * The conflicts of a run as far as it was recorded; `null` if the server does not answer.
 *
 * @param {string} url
 * @returns {Promise<Conflicts|null>}
 */
export async function askForConflicts(url) {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" } });
      if (response.ok) return await response.json();
    } catch {
      // asked again below
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * attempt));
  }
  return null;
}
