import { countOf, type Run } from '../run/run'
import type { Count } from '../seen'

/** A service or an env as Datadog's intake of traces stores it. */
export function normalised(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_:./-]/gu, '_')
    .slice(0, 100)
}

/** Lines that name another service or env than the spans of their process. */
export function differingNames(run: Run): Count | undefined {
  return countOf(
    run.lines.filter(line => {
      const entry = run.traceOf(line)?.entry
      return (
        entry !== undefined && (differs(line.line.service, entry.service) || differs(line.line.env, entry.meta.env))
      )
    }),
  )
}

function differs(told: unknown, ofSpan: string | undefined): boolean {
  return typeof told === 'string' && ofSpan !== undefined && normalised(told) !== normalised(ofSpan)
}
