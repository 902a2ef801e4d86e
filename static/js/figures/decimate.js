/**
 * Fewer points for a line without losing its peaks: of each bucket of x, the lowest and the highest y are kept.
 *
 * @param {[number, number][]} points sorted by x
 * @param {number} buckets at most two points come back for each, and the first and last
 * @returns {[number, number][]}
 */
export function decimate(points, buckets) {
  if (points.length <= 2 * buckets + 2) return points;
  const [first, last] = [points[0], points[points.length - 1]];
  const width = (last[0] - first[0]) / buckets || 1;
  const kept = [first];
  let start = 1;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const limit = bucket === buckets - 1 ? Infinity : first[0] + (bucket + 1) * width;
    let [low, high] = [-1, -1];
    let index = start;
    for (; index < points.length - 1 && points[index][0] < limit; index += 1) {
      if (low < 0 || points[index][1] < points[low][1]) low = index;
      if (high < 0 || points[index][1] > points[high][1]) high = index;
    }
    start = index;
    if (low >= 0) {
      kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]).map((i) => points[i]));
    }
  }
  kept.push(last);
  return kept;
}
