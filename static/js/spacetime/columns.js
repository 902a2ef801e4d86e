/** Columns that grow: typed arrays with room to spare, so that a hundred thousand events are a few blocks of memory. */

/**
 * @template {Float64ArrayConstructor|Int32ArrayConstructor|Uint8ArrayConstructor} C
 * @param {C} Kind
 * @param {number} [room]
 */
export function column(Kind, room = 1024) {
  /** @type {InstanceType<C>} */
  let values = /** @type {InstanceType<C>} */ (new Kind(room));
  let length = 0;
  return {
    get length() {
      return length;
    },
    /** The values, and unused room after them. */
    get values() {
      return values;
    },
    /** @param {number} value */
    push(value) {
      if (length === values.length) {
        const wider = /** @type {InstanceType<C>} */ (new Kind(values.length * 2));
        wider.set(values);
        values = wider;
      }
      values[length] = value;
      length += 1;
    },
  };
}

/**
 * The first place among `length` rising values at which `limit` is reached.
 *
 * @param {ArrayLike<number>} values
 * @param {number} length
 * @param {number} limit
 */
export function lowerBound(values, length, limit) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
