import { countOf, type Run } from '../run/run'
import type { Count } from '../seen'

/** What the intake of traces makes of a service or an env. */
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
