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

/** The middle of those two thirds of the turns during which the machine kept its speed best. */
function steady(turns) {
  const kept = turns.toSorted((a, b) => a.drift - b.drift).slice(0, Math.ceil((2 * turns.length) / 3))
  return median(kept.map(({ value }) => value))
}

/** Computes something from several series of turns; the spread is how far apart it is for the first, second and third of every three. */
export function fromTurns(compute, ...series) {
  const of = chosen => compute(...series.map(turns => steady(turns.filter((_, i) => chosen(i)))))
  const thirds = [0, 1, 2].map(third => of(i => i % 3 === third))
  const value = of(() => true)
  return { value, low: Math.min(value, ...thirds), high: Math.max(value, ...thirds) }
}
