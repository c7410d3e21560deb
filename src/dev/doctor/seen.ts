import { isLinked, type Line } from './line'
import type { Logger } from './loggers'

/** A line that shows a finding. */
export interface Example {
  /** From 1. */
  readonly line: number
  readonly text: string
  /** The words to mark; they stand in `text`. */
  readonly mark?: string
  readonly logger?: Logger
}

/** How many lines, and the first of them. */
export interface Count {
  readonly lines: number
  readonly example?: Example
}

/** What a line without a finding of its own is to the rules that look at all lines together. */
export type Situation =
  /** Has ids that Datadog takes. */
  | 'linked'
  /** Has a `dd` without ids: the tracer was there, and no span was active. */
  | 'service-only'
  /** Has no `dd`, and speaks of a request. */
  | 'request'
  /** Has no `dd`, and could well be outside of any request. */
  | 'other'
  /** What Lambda itself says at the start and the end of an invocation. */
  | 'lambda-report'

/** All lines, counted by logger and situation: a few dozen numbers, however many lines there are. */
export class Seen {
  readonly #counts = new Map<string, { lines: number; example?: Example }>()

  add(line: Line, n: number): void {
    const count = this.#countOf(line)
    count.lines++
    count.example ??= { line: n, text: excerpt(line.raw), logger: line.logger }
  }

  /** Lines of this logger in this situation; of text alone where `form` says so. */
  count(logger: Logger, situation: Situation, form: 'json' | 'text'): Count {
    return this.#counts.get(`${logger} ${form} ${situation}`) ?? none
  }

  /** Lines of this logger in these situations, in both forms. */
  of(logger: Logger, ...situations: Situation[]): Count {
    return sum(situations.flatMap(each => [this.count(logger, each, 'json'), this.count(logger, each, 'text')]))
  }

  /** Lines of all loggers in this situation. */
  all(situation: Situation): Count {
    return sum([...this.#counts].filter(([key]) => key.endsWith(` ${situation}`)).map(([, count]) => count))
  }

  #countOf(line: Line) {
    const key = `${line.logger} ${line.record ? 'json' : 'text'} ${situationOf(line)}`
    const count = this.#counts.get(key) ?? { lines: 0 }
    this.#counts.set(key, count)
    return count
  }
}

export const none: Count = { lines: 0 }

export function sum(counts: readonly Count[]): Count {
  const first = counts.flatMap(({ example }) => example ?? []).sort((a, b) => a.line - b.line)[0]
  return { lines: counts.reduce((lines, count) => lines + count.lines, 0), example: first }
}

/** Enough to recognise a line by; a copy, so that no large buffer is kept for it. */
export function excerpt(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return Buffer.from(cut).toString()
}

const longest = 4000

function situationOf(line: Line): Situation {
  if (isLinked(line)) return 'linked'
  if (line.hasDd) return 'service-only'
  if (/^(?:START|END|REPORT) RequestId: /.test(line.text)) return 'lambda-report'
  return isOfRequest(line) ? 'request' : 'other'
}

/** Whether a line speaks of a request or a job: by its fields, by `GET /…` in its message, or by the form of an access log. */
export function isOfRequest({ record, message, logger }: Line): boolean {
  if (record && requestFields.some(field => record[field] !== undefined && record[field] !== null)) return true
  // What a program prints for people may name a route anywhere.
  return logger === 'console' && !record
    ? accessLine.test(message)
    : /(?:^|[\s"[])(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*/.test(message)
}

/** As morgan, koa-logger and Apache write it. */
const accessLine = /(?:^\s*(?:<-- |--> )?|")(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*(?: HTTP\/[\d.]+")? \d{3}\b/

const requestFields = [
  ...['req', 'request', 'res', 'http', 'http.method', 'reqId', 'requestId', 'request_id', 'http.request_id'],
  ...['job', 'jobId', 'job_id', 'queue', 'messageId', 'statusCode'],
]
