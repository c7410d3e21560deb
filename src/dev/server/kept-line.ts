import { type LogLine, parseLine } from '../agent/lines'
import type { LineRow } from '../api'
import { judgeLine } from '../doctor/judge'

/** A line as the store keeps it: its text, and the values for the lists. The text is parsed again when the line is shown. */
export interface KeptLine {
  readonly n: number
  /** The number of the change that added it. */
  readonly seq: number
  readonly time: number
  readonly level: string
  readonly stream: LineRow['stream']
  readonly raw: string
  readonly traceId: string
  readonly spanId: string
  readonly service: string
  /**
   * The message of a line that was cut. It is read before the cut, because a cut line is no valid JSON. Absent for other lines.
   */
  readonly message?: string
  /** Bytes of memory, by estimate. */
  readonly weight: number
}

/** Characters of a line that are kept. */
const longestRaw = 64 * 1024
const longestMessage = 4096

export function keepLine(line: LogLine, stream: LineRow['stream'], n: number, seq: number): KeptLine {
  const cut = line.raw.length > longestRaw
  const raw = cut ? copyOf(line.raw.slice(0, longestRaw)) : line.raw
  const { time, level, traceId = '', spanId = '', service = '' } = line
  const message = cut ? copyOf(line.message.slice(0, longestMessage)) : undefined
  const weight = 250 + raw.length * (isNarrow(raw) ? 1 : 2) + (message?.length ?? 0)
  return { n, seq, time, level, stream, raw, traceId, spanId, service, message, weight }
}

/** Copies a text. V8 keeps the whole text in memory as long as a part of it is in use. */
function copyOf(text: string): string {
  return Buffer.from(text).toString()
}

function isNarrow(text: string): boolean {
  return !/[^\u0000-\u00ff]/.test(text)
}

export function lineRow(kept: KeptLine): LineRow {
  const { n, time, level, stream, raw, traceId, spanId, service } = kept
  const { message, fields } = kept.message === undefined ? parseLine(raw) : { message: kept.message, fields: {} }
  return {
    n,
    time,
    level,
    message,
    service,
    stream,
    raw,
    fields,
    traceId,
    spanId,
    why: kept.message === undefined ? judgeLine(raw) : [],
  }
}
