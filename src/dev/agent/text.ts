import { groupBy } from '../group-by'
import type { Span } from './decode'
import { type LogLine, linesOf } from './lines'
import type { Trace } from './traces'
import { errorText, safe, statusOf, valueText, wasAborted, whatOf } from './tree'

/**
 * A trace as text for a snapshot: its spans as a tree, each with its log lines below it. It contains no times, ids or ports, because
 * they differ from run to run. It takes those of `lines` that belong to the trace, in their order.
 *
 * @example
 * const { trace } = await agent.waitForRequest('GET /posts/:id')
 * assert.equal(traceText(trace, lines.map(line => parseLine(line))), `
 * shop  GET /posts/:id  200
 *   - info loading user=7
 *   shop  pg.query SELECT 1
 * `.trimStart())
 */
export function traceText(trace: Trace, lines: readonly LogLine[] = []): string {
  const spans = [...trace.spans].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))
  const ids = new Set(spans.map(span => span.spanId))
  const own = linesOf(trace, lines)
  const childrenOf = groupBy(spans, span => span.parentId)
  const linesBelow = groupBy(own, line => line.spanId ?? '')
  const rows: string[] = []
  // Not recursive: a deep trace would overflow the call stack.
  const open = spans.filter(span => !ids.has(span.parentId)).map(span => ({ span, indent: '' }))
  open.reverse()
  for (let next = open.pop(); next; next = open.pop()) {
    const { span, indent } = next
    const error = errorText(span)
    rows.push(indent + spanText(span), ...(error ? [`${indent}  ! ${stable(error)}`] : []))
    rows.push(...(linesBelow.get(span.spanId) ?? []).map(line => `${indent}  - ${lineText(line)}`))
    for (const child of (childrenOf.get(span.spanId) ?? []).reverse()) open.push({ span: child, indent: `${indent}  ` })
  }
  const strays = own.filter(line => !ids.has(line.spanId ?? '')).map(line => `- ${lineText(line)}`)
  return [...rows, ...strays].map(row => `${row}\n`).join('')
}

function spanText(span: Span): string {
  const words = [span.service, stable(whatOf(span)), statusOf(span), wasAborted(span) ? 'aborted' : '']
  return words.filter(Boolean).join('  ')
}

function lineText({ level, message, fields }: LogLine): string {
  const shown = Object.entries(fields).filter(([key]) => !differs.test(key))
  const pairs = shown.map(([key, value]) => `${key}=${stable(valueText(value))}`)
  return [level, stable(message), ...pairs].filter(Boolean).join(' ')
}

/** Fields that hold a time, an id or an address by their name. */
const differs = /(?:^|[._])(?:duration|response_?time|time|timestamp|req(?:uest)?_?id|ip|port)$/i

/** Replaces each value that differs from run to run by a word such as `<id>`. */
function stable(text: string): string {
  return safe(text)
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<uuid>')
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>')
    .replace(/\b\d+(?:\.\d+)? ?(ns|µs|ms|s)\b/g, '<time>')
    .replace(/\b(?:[0-9a-f]{32}|[0-9a-f]{16}|\d{15,20})\b/gi, '<id>')
    .replace(/(localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+/gi, '$1:<port>')
}
