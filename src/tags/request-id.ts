import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describe } from '../warnings/describe'
import { guard } from '../warnings/warn'

/** Options of `requestId`. */
export interface RequestIdOptions<Incoming = IncomingMessage> {
  /**
   * The header that the id is read from, and that the response carries.
   * @default 'x-request-id'
   */
  readonly header?: string
  /**
   * Makes the id of a request that has none: 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.
   * @default crypto.randomUUID
   */
  readonly generate?: (req: Incoming) => string
}

/** The option `requestId`, as it was read. */
export interface RequestIdSettings<Incoming = unknown> {
  readonly header: string
  readonly generate: (req: Incoming) => string
}

const defaultHeader = 'x-request-id'

/** The name of the id as a tag of the span and as a field of each line. */
export const requestIdField = 'http.request_id'

/** Other characters could break a log line, and `setHeader` throws on control characters. */
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
    generate: generate ? guard('requestId', generate, () => randomUUID(), checkedId) : () => randomUUID(),
  }
}

function checkedId(id: string): string {
  if (typeof id === 'string' && validId.test(id)) return id
  throw new TypeError(
    `Expected \`generate\` to return 1 to 128 characters of A-Z a-z 0-9 . _ : -, got ${describe(id)}.`,
  )
}

/** The id of a request: the one that an earlier middleware set, else the caller's if it is valid and trusted, else a new one. */
export function requestIdOf<Incoming>(
  { header, generate }: RequestIdSettings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
  trust: (req: Incoming) => boolean,
): string {
  const present = validIdOf((incoming as { id?: unknown }).id)
  if (present !== undefined) return present
  const sent = req.headers[header]
  return typeof sent === 'string' && validId.test(sent) && trust(incoming) ? sent : generate(incoming)
}

/** An earlier middleware may have set a number: pino-http counts requests. */
function validIdOf(id: unknown): string | undefined {
  const text = typeof id === 'number' ? String(id) : id
  return typeof text === 'string' && validId.test(text) ? text : undefined
}
