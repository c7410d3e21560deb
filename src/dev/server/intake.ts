import type { IncomingMessage, ServerResponse } from 'node:http'
import { type LogLine, parseLine } from '../agent/lines'
import { Refusal } from '../agent/msgpack'
import { answer, bodyReader } from '../agent/server'

type Entry = Record<string, unknown>

/** Datadog's intake of logs for the HTTP transports of loggers: `POST /api/v2/logs`, `/v1/input` and `/v1/input/<key>`. */
export function intakeHandler(receive: (line: LogLine) => void) {
  const read = bodyReader(largestBody)
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://localhost')
    try {
      if (request.method !== 'POST') throw new Refusal(405, `logs come by POST, not ${request.method}`)
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding !== 'identity' && encoding !== 'gzip')
        throw new Refusal(415, `content-encoding must be gzip or none, not ${encoding}`)
      const body = (await read(request)).toString()
      const isJson = /json/i.test(request.headers['content-type'] ?? '')
      const received = Date.now()
      for (const entry of isJson ? entriesOf(body) : textEntries(body))
        receive(lineOf(entry, url.searchParams, received))
      answer(response, url.pathname.startsWith('/api/v2') ? 202 : 200, {})
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500
      const detail = error instanceof Error ? error.message : String(error)
      answer(response, status, { errors: [{ status: String(status), detail }] })
    }
  }
}

export function isIntake(path: string): boolean {
  return path === '/api/v2/logs' || /^\/v1\/input(?:\/|$)/.test(path)
}

/** Bytes, as Datadog documents it. */
const largestBody = 5 * 1024 * 1024

function entriesOf(body: string): unknown[] {
  try {
    const value = JSON.parse(body)
    return Array.isArray(value) ? value : [value]
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${(error as Error).message}`)
  }
}

function textEntries(body: string): string[] {
  return body.split(/\r?\n/).filter(line => line !== '')
}

function lineOf(entry: unknown, query: URLSearchParams, received: number): LogLine {
  const parameters = Object.fromEntries(
    ['service', 'hostname', 'ddsource', 'ddtags'].flatMap(key => pair(key, query.get(key))),
  )
  const record = isObject(entry) ? entry : parseObject(String(entry))
  if (!record) {
    const line = parseLine(String(entry), received)
    return { ...line, service: line.service ?? parameters.service }
  }
  const { message, ...rest } = record
  // Some transports send the whole record as the text of its message. Datadog's pipeline for Node reads this form, too.
  const inner = typeof message === 'string' ? parseObject(message) : undefined
  return parseLine(JSON.stringify({ ...parameters, ...rest, ...(inner ?? { message }) }), received)
}

function pair(key: string, value: string | null): [string, string][] {
  return value ? [[key, value]] : []
}

function parseObject(text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null
}
