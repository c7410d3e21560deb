import { readFileSync } from 'node:fs'
import { parseLine } from '../agent/lines'
import type { TraceDetail } from '../api'
import { openBrowser } from '../run/browser'
import { startPanel } from '../server/index'
import { defaultBounds } from '../server/store'
import { readArguments, say, UsageError, wholeNumber } from './arguments'
import { spanOf } from './show'
import { untilAskedToEnd } from './wait'

const help = `Usage: spanlog open <file.json> [--port N]

Shows a trace that the page has saved, or that \`spanlog show --json\` has written. Ends with Ctrl-C.

Options
  --port N    port of the page; a free one by default
`

/** `spanlog open`. */
export async function open(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { port: { type: 'string' } })
  if (values.help) return say(help)
  const [file, stray] = positionals
  if (!file || stray) throw new UsageError('Which file? Type `spanlog open trace.json`.\n')
  const detail = readTrace(file)
  const memory = Math.max(defaultBounds.memory, 1024 * 1024 * 1024)
  const panel = await startPanel({
    port: wholeNumber('port', values.port, 0, 65535),
    bounds: { ...defaultBounds, memory },
  })
  panel.setRun({ running: false, saved: true })
  panel.store.addSpans(detail.spans.map(span => spanOf(span, detail.trace.id)))
  for (const { raw, time, stream, traceId, spanId, service, level } of detail.lines)
    panel.store.addLine({ ...parseLine(raw, time), traceId, spanId, service, level }, stream)
  const url = `${panel.url}/#/trace/${detail.trace.id}`
  const asked = untilAskedToEnd()
  process.stderr.write(`spanlog: ${url}\n`)
  if (process.stdout.isTTY) openBrowser(url)
  await asked
  await panel.close()
  return 0
}

function readTrace(file: string): TraceDetail {
  let detail: Partial<TraceDetail>
  try {
    detail = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}`)
  }
  if (detail?.spanlog === 1 && Array.isArray(detail.spans) && Array.isArray(detail.lines) && detail.trace)
    return detail as TraceDetail
  throw new Error(`${file} is no saved trace: it has no \`"spanlog": 1\``)
}
