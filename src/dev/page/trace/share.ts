import type { LineRow, SpanRow, TraceDetail } from '../../api'
import { counted, formatClock, formatDate, formatDuration, formatOffset } from '../format'
import { growTree, inOrder, type Node, originOf } from './tree'

/** Headers that `curl` sets by itself, or that belong to one connection. */
const leaveOut = /^(host|content-length|connection|accept-encoding|x-datadog-.*|traceparent|tracestate|.*<redacted>.*)$/

/** The request of the entry span, to be sent again. The body is not in a trace. */
export function curlOf({ trace, spans }: TraceDetail): string {
  const entry = spans.find(({ meta }) => meta['http.url'] && meta['span.kind'] !== 'client') ?? spans[0]
  const meta = entry?.meta ?? {}
  const method = meta['http.method'] || trace.method || 'GET'
  const parts = ['curl']
  if (method === 'HEAD') parts.push('--head')
  else if (method !== 'GET') parts.push('-X', quote(method))
  parts.push(quote(meta['http.url'] || `http://localhost${trace.route || '/'}`))
  for (const [name, value] of headersOf(meta)) parts.push('-H', quote(`${name}: ${value}`))
  return parts.join(' ')
}

function headersOf(meta: SpanRow['meta']): [string, string][] {
  const prefix = 'http.request.headers.'
  const headers = Object.entries(meta)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]): [string, string] => [key.slice(prefix.length), value])
    .filter(([name]) => !leaveOut.test(name))
  const agent = meta['http.useragent']
  if (agent && !agent.startsWith('curl/')) headers.push(['user-agent', agent])
  return headers
}

/** For a POSIX shell: nothing in a value may run. */
function quote(text: string): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A trace for an issue, a chat, or a coding assistant. */
export function markdownOf(detail: TraceDetail): string {
  const tree = growTree(detail)
  const { trace } = detail
  const status = [trace.status, trace.outcome === 'answered' ? '' : trace.outcome].filter(Boolean).join(' ')
  const title = [trace.resource, status, formatDuration(trace.duration)].filter(Boolean).join(' · ')
  return [
    `## ${oneLine(title)}`,
    '',
    `${formatDate(trace.start)} ${formatClock(trace.start)}, ${trace.services.join(', ')}, ${counted(trace.spans, 'span')}, ${counted(trace.lines, 'line')}, trace \`${trace.id}\``,
    '',
    ...fenced(inOrder(tree.tops).map(spanText)),
    ...errorText(originOf(tree)),
    ...linesText(tree.lines, tree.start),
  ].join('\n')
}

function spanText({ span, from, depth }: Node): string {
  const mark = span.error ? ' ERROR' : ''
  const resource = span.resource === span.name ? '' : ` ${oneLine(span.resource)}`
  return `${formatOffset(from).padStart(11)} ${'  '.repeat(Math.min(depth, 20))}${span.service} ${span.name}${resource} ${formatDuration(span.duration)}${mark}`
}

function errorText(node: Node | undefined): string[] {
  if (!node) return []
  const { meta } = node.span
  const stack = meta['error.stack'] || [meta['error.type'], meta['error.message']].filter(Boolean).join(': ')
  return stack ? ['### Error', '', ...fenced(stack.split('\n'))] : []
}

function linesText(lines: readonly LineRow[], start: number): string[] {
  if (lines.length === 0) return []
  const rows = lines.map(line => {
    const fields = Object.entries(line.fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    const time = formatOffset(line.time - start).padStart(11)
    return `${time} ${line.level.padEnd(5)} ${line.service} ${oneLine([line.message, ...fields].join(' '))}`
  })
  return ['### Lines', '', ...fenced(rows)]
}

/** A fence longer than any run of backticks within. */
function fenced(rows: string[]): string[] {
  const longest = Math.max(2, ...rows.flatMap(row => (row.match(/`+/g) ?? []).map(run => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [fence, ...rows, fence, '']
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** What a file holds, if it is a saved trace. */
export function readSaved(text: string): TraceDetail {
  const saved = JSON.parse(text)
  if (saved?.spanlog !== 1 || !Array.isArray(saved.spans) || !Array.isArray(saved.lines) || !saved.trace?.id) {
    throw new Error('This file is not a trace saved by spanlog.')
  }
  return saved
}
