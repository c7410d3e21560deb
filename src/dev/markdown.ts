import type { LineRow, SpanRow, TraceDetail } from './api'
import { groupBy } from './group-by'
import { withPath } from './path-of'

/** A trace as text for an issue, a chat or an assistant: its tree of spans, each with its log lines and its error. */
export function traceMarkdown({ trace, spans, lines }: TraceDetail): string {
  const status =
    trace.status === undefined
      ? trace.outcome
      : `${trace.status}${trace.outcome === 'answered' ? '' : `, ${trace.outcome}`}`
  const tree = treeOf(spans, lines, trace.start).join('\n')
  const fence = '`'.repeat(Math.max(3, ...(tree.match(/`+/g) ?? []).map(ticks => ticks.length + 1)))
  return [
    `### ${oneLine(withPath({ resource: trace.resource, meta: trace.tags }, trace.resource || trace.name))}: ${status}, ${milliseconds(trace.duration)}`,
    '',
    `Trace \`${trace.id}\`, ${new Date(trace.start).toISOString()}, services: ${trace.services.map(oneLine).join(', ')}`,
    '',
    fence,
    tree,
    fence,
    '',
  ].join('\n')
}

function treeOf(spans: readonly SpanRow[], lines: readonly LineRow[], start: number): string[] {
  const linesOf = groupBy(lines, line => line.spanId)
  const childrenOf = groupBy(spans, span => span.parentId)
  const ids = new Set(spans.map(span => span.id))
  const tops = spans.filter(span => !ids.has(span.parentId))
  const text: string[] = []
  const seen = new Set<SpanRow>()
  // Not recursive: a deep trace would overflow the call stack.
  const open = tops.map(span => ({ span, depth: 0 })).reverse()
  for (let next = open.pop(); next; next = open.pop()) {
    const { span, depth } = next
    if (seen.has(span)) continue
    seen.add(span)
    const indent = '  '.repeat(Math.min(depth, 30))
    text.push(spanText(span, start, indent))
    text.push(...errorText(span, indent), ...(linesOf.get(span.id) ?? []).map(line => lineText(line, start, indent)))
    for (const child of (childrenOf.get(span.id) ?? []).reverse()) open.push({ span: child, depth: depth + 1 })
  }
  const elsewhere = lines.filter(line => !ids.has(line.spanId))
  if (elsewhere.length > 0)
    text.push('lines of spans that were not received', ...elsewhere.map(line => lineText(line, start, '')))
  return text
}

function spanText(span: SpanRow, start: number, indent: string): string {
  const what = span.type === 'web' ? span.resource : [...new Set([span.name, span.resource])].join(' ')
  const status = span.meta['http.status_code'] ?? span.meta['http.response.status_code'] ?? ''
  const parent = span.parentId !== '0' && indent === '' ? ' (parent not received)' : ''
  const words = [
    `${indent}${since(span.start, start)}`,
    milliseconds(span.duration),
    oneLine(span.service),
    oneLine(withPath(span, what)),
    status,
  ]
  return `${words.filter(Boolean).join('  ')}${span.error ? '  ERROR' : ''}${parent}`
}

function errorText({ error, meta }: SpanRow, indent: string): string[] {
  if (!error) return []
  const cause = [meta['error.type'], meta['error.message']].filter(Boolean).join(': ')
  const stack = (meta['error.stack'] ?? '')
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .slice(0, 5)
  return cause ? [`${indent}  ! ${oneLine(cause)}`, ...stack.map(line => `${indent}    ${line.trim()}`)] : []
}

function lineText(line: LineRow, start: number, indent: string): string {
  const fields = Object.entries(line.fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return `${indent}  - ${since(Math.max(line.time, start), start)} ${[line.level, oneLine(line.message), ...fields.map(oneLine)].filter(Boolean).join(' ')}`
}

function since(time: number, start: number): string {
  return `${time < start ? '-' : '+'}${milliseconds(Math.abs(time - start))}`
}

function milliseconds(duration: number): string {
  return duration >= 1000 ? `${(duration / 1000).toFixed(2)} s` : `${duration.toFixed(1)} ms`
}

/** Puts a text into one line without control characters. Otherwise it could add Markdown, or control a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 500)
}
