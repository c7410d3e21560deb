/** The middle one; of an even number, between the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The middle, and between which values the middle half of them lies. */
export function summary(values) {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const quarter = Math.floor(sorted.length / 4)
  return { median: median(sorted), low: sorted[quarter], high: sorted[sorted.length - 1 - quarter] }
}

const sum = values => values.reduce((total, value) => total + value, 0)

/** Some turns in one sum, since a single turn holds a collection of garbage or none. */
function blocks(values, size) {
  return Array.from({ length: Math.floor(values.length / size) }, (_, i) => sum(values.slice(size * i, size * (i + 1))))
}

/** Computes something block by block from several series, and sums it up. */
export function byRound(compute, size, ...series) {
  const parts = series.map(values => blocks(values, size))
  return summary(parts[0].map((_, i) => compute(...parts.map(values => values[i]))))
}

/**
 * The mean of the cheapest quarter of the turns. What disturbs a turn only adds: a virtual machine may be half as fast for some
 * seconds, and a process in a state that another one of the same code is not in.
 */
function cheapest(turns) {
  const kept = turns.toSorted((a, b) => a - b).slice(0, Math.ceil(turns.length / 4))
  return sum(kept) / kept.length
}

/** Computes something from several series of turns; the spread is how far apart it is for the first to the fourth quarter of them. */
export function fromTurns(compute, ...series) {
  const of = part => compute(...series.map(turns => cheapest(part(turns))))
  const value = of(turns => turns)
  const quarters = [0, 1, 2, 3].map(i => of(turns => turns.slice((i * turns.length) / 4, ((i + 1) * turns.length) / 4)))
  return { value, low: Math.min(value, ...quarters), high: Math.max(value, ...quarters) }
}
