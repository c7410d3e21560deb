import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from '@msgpack/msgpack'
import { send } from '../panel'

interface Recorded {
  from: string
  requests: { method: string; path: string; headers: Record<string, string>; body: string }[]
  /** What the program logged. */
  lines: string[]
}

export const ruby: Recorded = JSON.parse(readFileSync(join(__dirname, 'ruby.json'), 'utf8'))

/** Sends what a tracer has sent, in its order. The answers' statuses. */
export async function replay(url: string, { requests }: Recorded): Promise<number[]> {
  const statuses: number[] = []
  for (const { method, path, headers, body } of requests) {
    const answer = await send(url + path, { method, headers, body: Buffer.from(body, 'base64') })
    statuses.push(answer.status)
  }
  return statuses
}

/** The same requests as a tracer sends them that speaks v0.5. */
export function inV05({ requests, ...rest }: Recorded): Recorded {
  return {
    ...rest,
    requests: requests.map(request =>
      request.path === '/v0.4/traces'
        ? { ...request, path: '/v0.5/traces', body: tableOf(request.body).toString('base64') }
        : request,
    ),
  }
}

type SpanMap = Record<string, unknown> & { meta: Record<string, string>; metrics: Record<string, number> }

function tableOf(body: string): Buffer {
  const chunks = decode(Buffer.from(body, 'base64'), { useBigInt64: true }) as SpanMap[][]
  const texts: string[] = ['']
  const at = (text: unknown) => {
    if (!texts.includes(String(text))) texts.push(String(text))
    return texts.indexOf(String(text))
  }
  const keyed = <T>(values: Record<string, unknown>, make: (value: unknown) => T) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [at(key), make(value)]))
  const rows = chunks.map(chunk =>
    chunk.map(({ service, name, resource, type, meta, metrics, ...span }) => [
      ...[at(service), at(name), at(resource), span.trace_id, span.span_id, span.parent_id],
      ...[span.start, span.duration, span.error, keyed(meta, at), keyed(metrics, Number), at(type)],
    ]),
  )
  return Buffer.from(encode([texts, rows], { useBigInt64: true }))
}
