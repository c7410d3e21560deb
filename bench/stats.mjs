/** The middle value, and between which values the middle half of them lies. */
export function summary(values) {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const at = share => sorted[Math.round(share * (sorted.length - 1))]
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

/** Compares series round by round: what disturbs a machine for some seconds disturbs all of them. */
export function paired(compute, ...series) {
  return summary(series[0].map((_, round) => compute(...series.map(values => values[round]))))
}

export const whole = (own, base) => own / base
/** What one adds to the base, as a share of what another adds to it. */
export const added = (own, base, other) => (own - base) / (other - base)

export function shown({ median, low, high }) {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

/** A table in Markdown, as Biome formats it; the first row is its head. */
export function table([head, ...rows]) {
  const cells = [head, head.map(() => ''), ...rows].map(row => row.map(String))
  const widths = head.map((_, column) => Math.max(3, ...cells.map(row => row[column].length)))
  cells[1] = widths.map(width => '-'.repeat(width))
  return cells.map(row => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`).join('\n')
}
