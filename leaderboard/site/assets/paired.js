
/* The paired difference of two entries, with conversations as the sample: the same numbers as
   `locomo-vqa compare` gives. */

const sum = (values) => values.reduce((total, value) => total + value, 0);

/* groups: a pair [left values, right values] for each conversation, question by question.
   quantiles: of the normal distribution and of Student's t, by degrees of freedom.
   width: the largest possible difference, or null. */
function pairedDifference(groups, quantiles, width) {
  const differences = groups.map(([left, right]) => right.map((value, place) => value - left[place]));
  const all = differences.flat();
  const mean = (side) => sum(groups.map((group) => sum(group[side]))) / all.length;
  return {
    baseline: mean(0),
    other: mean(1),
    difference: sum(all) / all.length,
    interval: differenceInterval(differences, all, quantiles, width),
    p: signFlipP(differences.map(sum), quantiles),
    conversations: groups.length,
    questions: all.length,
  };
}

function differenceInterval(differences, all, quantiles, width) {
  const clusters = differences.length;
  if (clusters < 2) return null;
  const mean = sum(all) / all.length;
  let low;
  let high;
  if (width !== null && Math.max(...all) === Math.min(...all)) {
    const unseen = quantiles.normal ** 2 / (all.length + quantiles.normal ** 2);
    low = all[0] - unseen * (width + all[0]);
    high = all[0] + unseen * (width - all[0]);
  } else {
    const squares = sum(differences.map((group) => sum(group.map((value) => value - mean)) ** 2));
    const error = Math.sqrt((clusters / (clusters - 1)) * squares) / all.length;
    const spread = Math.sqrt(sum(all.map((value) => (value - mean) ** 2))) / all.length;
    const reach = Math.max(quantiles.t[clusters - 2] * error, quantiles.least * quantiles.normal * spread);
    low = mean - reach;
    high = mean + reach;
  }
  return width === null ? { low, high } : { low: Math.max(-width, low), high: Math.min(width, high) };
}

/* The share of all 2^G sign combinations whose total is at least as far from 0 as the observed
   one, counted from the sorted totals of two halves; null for too few or too many. */
function signFlipP(sums, quantiles) {
  if (sums.length < quantiles.few || sums.length > quantiles.most) return null;
  const far = Math.abs(sum(sums)) - 1e-9 * sum(sums.map(Math.abs));
  if (far <= 0) return 1;
  const middle = Math.floor(sums.length / 2);
  const right = Float64Array.from(signedTotals(sums.slice(middle))).sort();
  let found = 0;
  for (const total of signedTotals(sums.slice(0, middle))) {
    found += countBelow(right, -far - total, true) + right.length - countBelow(right, far - total, false);
  }
  return found / 2 ** sums.length;
}

function signedTotals(sums) {
  return sums.reduce((totals, value) =>
    [...totals.map((total) => total + value), ...totals.map((total) => total - value)], [0]);
}

/* How many sorted values are below a limit, or at it if it counts. */
function countBelow(sorted, limit, atIt) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit || (atIt && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
