import { request } from 'node:http'
import { encode } from '@msgpack/msgpack'
import type { Events } from '../../src/dev/api'
import type { PanelServer } from '../../src/dev/server/index'

export const start = 1_700_000_000_000_000_000n
export const traceId = '6b02000000000000ffffffffffffffff'

/** A span as a tracer sends it. */
export function spanOf(fields: Record<string, unknown> = {}) {
  return {
    ...{ trace_id: 0xffffffffffffffffn, span_id: 1n, parent_id: 0n },
    ...{ name: 'web.request', resource: 'GET /posts/:id', service: 'shop', type: 'web' },
    ...{ error: 0, start, duration: 10_000_000 },
    metrics: {},
    ...fields,
    meta: { '_dd.p.tid': '6b02000000000000', ...(fields.meta as object) },
  }
}

export function put(panel: { url: string }, chunks: unknown[][], headers = {}) {
  return send(`${panel.url}/v0.4/traces`, {
    method: 'PUT',
    headers: { 'content-type': 'application/msgpack', ...headers },
    body: Buffer.from(encode(chunks, { useBigInt64: true })),
  })
}

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** Like `fetch`, but with any header, as a browser or an attacker sends it. */
export function send(url: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string; json: any }>(
    (resolve, reject) => {
      const sent = request(url, { method, headers }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', part => (text += part))
        response.once('error', reject)
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            get json() {
              return JSON.parse(text)
            },
          }),
        )
      })
      sent.once('error', reject)
      sent.end(body)
    },
  )
}

export interface Told {
  event: keyof Events
  id?: string
  data: any
}

/** What the panel tells its page, as it comes. */
export function follow(panel: PanelServer, after?: number | string, headers: Record<string, string> = {}) {
  const told: Told[] = []
  const sent = request(
    `${panel.url}/api/events${after === undefined ? '' : `?after=${after}`}`,
    { headers },
    response => {
      let text = ''
      response.setEncoding('utf8').on('data', part => {
        text += part
        const whole = text.split('\n\n')
        text = whole.pop() ?? ''
        for (const block of whole) {
          const event = eventOf(block)
          if (event) told.push(event)
        }
      })
      response.on('error', () => {})
    },
  )
  sent.on('error', () => {})
  sent.end()
  return {
    told,
    of: (name: keyof Events) => told.filter(({ event }) => event === name).map(({ data }) => data),
    end: () => sent.destroy(),
  }
}

function eventOf(block: string): Told | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const event = field('event') as keyof Events | undefined
  return event && { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') }
}
