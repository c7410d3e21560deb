import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { guard } from './warn'

/** Options of `requestId`. */
export interface RequestIdOptions<Incoming = IncomingMessage> {
  /**
   * The header that an id is read from, and that the response carries.
   * @default 'x-request-id'
   */
  readonly header?: string
  /**
   * Makes an id for a request that brings none: 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.
   * @default crypto.randomUUID
   */
  readonly generate?: (req: Incoming) => string
}

/** How the id of a request is found. */
export interface RequestIdSettings<Incoming = unknown> {
  readonly header: string
  readonly generate: (req: Incoming) => string
}

const defaultHeader = 'x-request-id'

/** The attribute of an id, as a tag of the span and a field of each line. */
export const requestIdField = 'http.request_id'

/** Anything else could break a log line or a header: `setHeader` throws on control characters. */
const validId = /^[\w.:-]{1,128}$/

/** Reads the option `requestId`. */
export function requestIdSettings<Incoming>(
  option: boolean | string | RequestIdOptions<Incoming> | undefined,
): RequestIdSettings<Incoming> | undefined {
  if (!option) return undefined
  if (option === true) return { header: defaultHeader, generate: () => randomUUID() }
  if (typeof option === 'string') return { header: option.toLowerCase(), generate: () => randomUUID() }
  const { header = defaultHeader, generate } = option
  return {
    header: header.toLowerCase(),
    generate: generate ? guard('requestId', generate, () => randomUUID(), checked) : () => randomUUID(),
  }
}

function checked(id: string): string {
  if (typeof id === 'string' && validId.test(id)) return id
  throw new TypeError('Expected `generate` to return 1 to 128 characters of A-Z a-z 0-9 . _ : -')
}

/** The id of a request: one that a middleware before us has set, the caller's if it is valid and trusted, or a new one. */
export function requestIdOf<Incoming>(
  { header, generate }: RequestIdSettings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  trust: (req: Incoming) => boolean,
): string {
  const set = textOfId((incoming as { id?: unknown }).id)
  if (set !== undefined) return set
  const sent = req.headers[header]
  return typeof sent === 'string' && validId.test(sent) && trust(incoming) ? sent : generate(incoming)
}

/** Ids that others set are numbers, too: pino-http counts requests. */
function textOfId(id: unknown): string | undefined {
  const text = typeof id === 'number' ? String(id) : id
  return typeof text === 'string' && validId.test(text) ? text : undefined
}
