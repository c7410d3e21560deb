import { stripVTControlCharacters } from 'node:util'
import type { TraceRow, Traces } from '../api'
import { withPath } from '../path-of'
import { readArguments, say, wholeNumber } from './arguments'
import { ask } from './ask'

const help = `Usage: spanlog traces [filter] [--json] [--limit N]

Lists the requests that the running \`spanlog dev\` has, newest first.

  spanlog traces status:5xx 'dur:>50ms'
  spanlog traces is:error --json

Options
  --json       one JSON object per line
  --limit N    how many at most; 20 by default

Filter
  status:5xx service:web route:/users dur:>50ms level:error method:GET is:error is:aborted "free text",
  any tag or field such as user:7. A - in front excludes: -status:200.
`

/** `spanlog traces`. */
export async function traces(args: string[]): Promise<number> {
  const { own, negated } = apart(args)
  const { values, positionals } = readArguments(own, { json: { type: 'boolean' }, limit: { type: 'string' } })
  if (values.help) return say(help)
  const limit = wholeNumber('limit', values.limit, 1, 1e6) ?? 20
  const filter = [...positionals, ...negated].map(word).join(' ')
  const { found } = await ask<Traces>(`/api/traces?${new URLSearchParams({ filter, limit: String(limit) })}`)
  const rows = found?.traces ?? []
  if (values.json) return say(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  return say(rows.length > 0 ? tableOf(rows) : 'No request matches.\n')
}

/** Separates terms such as `-status:2xx`, which `parseArgs` would take for options. */
function apart(args: string[]): { own: string[]; negated: string[] } {
  const isTerm = (arg: string) => /^-[^-]/.test(arg) && arg !== '-h'
  return { own: args.filter(arg => !isTerm(arg)), negated: args.filter(isTerm) }
}

/**
 * Puts quotes around a value with spaces, as in `route:"/a b"`. The shell has removed them; without them the filter would take the
 * value for several terms.
 */
function word(text: string): string {
  const [, start = '', rest = text] = /^(-?[\w.@/-]+:)(.*)$/s.exec(text) ?? []
  return /\s/.test(rest) && !rest.includes('"') && start ? `${start}"${rest}"` : text
}

function tableOf(rows: readonly TraceRow[]): string {
  const cells = rows.map(row => [
    new Date(row.start).toISOString().slice(11, 23),
    row.service,
    withPath({ resource: row.resource, meta: row.tags }, row.resource),
    row.status === undefined ? '–' : String(row.status),
    `${row.duration.toFixed(1)} ms`,
    `${row.lines} ${row.lines === 1 ? 'line' : 'lines'}`,
    marksOf(row),
    row.id,
  ])
  const widths = [0, 1, 2, 3, 4, 5, 6].map(column => Math.max(...cells.map(cell => shown(cell[column]).length)))
  return cells
    .map(cell => `${cell.map((text, column) => shown(text).padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('')
}

/** Text from outside must not move the cursor. */
function shown(text = ''): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .slice(0, 80)
}

function marksOf({ error, outcome, repeated, missing }: TraceRow): string {
  const marks = [
    error && 'error',
    outcome !== 'answered' && outcome,
    repeated > 0 && `×${repeated}, potential N+1`,
    missing > 0 && `${missing} spans missing`,
  ]
  return marks.filter(Boolean).join(' · ')
}
