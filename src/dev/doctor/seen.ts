import { isLinked, type Line } from './line'
import type { Logger } from './loggers'

/** A line that shows a finding. */
export interface Example {
  /** From 1. */
  readonly line: number
  readonly text: string
  /** The words to mark. `text` contains them. */
  readonly mark?: string
  readonly logger?: Logger
}

/** A number of lines, and the first of them. */
export interface Count {
  readonly lines: number
  readonly example?: Example
}

/** The kind of a line, for the rules that look at all lines together. */
export type Situation =
  /** Has ids that Datadog accepts. */
  | 'linked'
  /** Has a `dd` without ids that Datadog accepts: the tracer ran, but usually no span was active. */
  | 'service-only'
  /** Has no `dd`, and names a request or a job. */
  | 'request'
  /** Has no `dd`, and is probably outside of any request. */
  | 'other'
  /** A line that Lambda itself writes at the start or the end of an invocation. */
  | 'lambda-report'

/**
 * Counts lines by logger and situation. Not all lines: after the first 200 only one healthy line in 64 is counted, and a line with a
 * finding only if it has a `dd`. So `linked` shows whether a logger has linked lines, not how many.
 */
export class Seen {
  readonly #counts = new Map<string, { lines: number; example?: Example }>()

  add(line: Line, n: number): void {
    const count = this.#countOf(line)
    count.lines++
    count.example ??= { line: n, text: excerpt(line.raw), logger: line.logger }
  }

  /** The number of lines of this logger, situation and form, with the first of them. */
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

/** The first 4000 characters of a line. It is a copy: a part of the string would keep the whole chunk in memory. */
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

/** Whether a line names a request or a job: by its fields, by `GET /…` in its message, or by the form of an access log. */
export function isOfRequest({ record, message, logger }: Line): boolean {
  if (record && requestFields.some(field => record[field] !== undefined && record[field] !== null)) return true
  // A text for people may name a route anywhere, so only the form of an access log counts there.
  return logger === 'console' && !record
    ? accessLine.test(message)
    : /(?:^|[\s"[])(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*/.test(message)
}

/** The form of morgan, koa-logger and Apache. */
const accessLine = /(?:^\s*(?:<-- |--> )?|")(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*(?: HTTP\/[\d.]+")? \d{3}\b/

const requestFields = [
  ...['req', 'request', 'res', 'http', 'http.method', 'reqId', 'requestId', 'request_id', 'http.request_id'],
  ...['job', 'jobId', 'job_id', 'queue', 'messageId', 'statusCode'],
]
