import type { Span } from '../agent/decode'
import { parseLine } from '../agent/lines'
import { printTrace } from '../agent/tree'
import type { SpanRow, TraceDetail } from '../api'
import { idIn } from '../filter'
import { traceMarkdown } from '../markdown'
import { readArguments, say, UsageError } from './arguments'
import { ask } from './ask'

const help = `Usage: spanlog show latest|<id> [--error] [--json | --markdown]

Prints a trace of the running \`spanlog dev\` with its log lines. The id is one of a trace or of a span, hexadecimal or
decimal, or a whole traceparent.

  spanlog show latest --error

Options
  --error       with \`latest\`: the latest that failed
  --json        the trace as \`spanlog open\` reads it
  --markdown    the trace as text for an issue or an assistant
`

/** `spanlog show`. */
export async function show(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    error: { type: 'boolean' },
    json: { type: 'boolean' },
    markdown: { type: 'boolean' },
  })
  if (values.help) return say(help)
  const id = wantedId(positionals, values.error === true)
  const { found, missing } = await ask<TraceDetail>(`/api/traces/${encodeURIComponent(id)}`)
  if (!found)
    throw new Error(id.startsWith('latest') ? 'no such trace has come so far' : (missing?.error ?? 'not found'))
  if (values.json) return say(`${JSON.stringify(found)}\n`)
  return say(values.markdown ? traceMarkdown(found) : `${printTrace(...treeOf(found))}\n`)
}

function wantedId([text = 'latest', stray]: string[], error: boolean): string {
  if (stray) throw new UsageError(`One trace at a time: \`spanlog show ${text}\`.\n`)
  if (text === 'latest') return error ? 'latest-error' : 'latest'
  const id = idIn(text) ?? (/^[\da-f]+$/i.test(text) ? text : undefined)
  if (id) return id
  throw new UsageError(`\`${text}\` is no id. Type \`spanlog show latest\`, or \`spanlog traces\` to find one.\n`)
}

/** The arguments of `printTrace`, made from a trace of the API. */
function treeOf({ trace, spans, lines }: TraceDetail): Parameters<typeof printTrace> {
  const all = spans.map(span => spanOf(span, trace.id))
  const root = all.find(span => span.parentId === '0')
  return [
    { traceId: trace.id, traceIdLow: trace.idLow, spans: all, root },
    lines.map(line => ({ ...parseLine(line.raw, line.time), traceId: trace.id })),
  ]
}

export function spanOf(row: SpanRow, traceId: string): Span {
  const { id, parentId, name, resource, service, type, error, start, duration, meta, metrics } = row
  return {
    ...{ traceId, spanId: id, parentId, name, resource, service, type },
    error: error ? 1 : 0,
    start: BigInt(Math.round(start * 1e6)),
    duration: duration * 1e6,
    ...{ meta, metrics },
  }
}
