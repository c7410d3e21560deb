import { type IncomingMessage, OutgoingMessage, ServerResponse } from 'node:http'

/*
 * Requests and responses that no server of Node's has made: those of adapters for AWS Lambda and Azure, of `inject`, of mocks,
 * of an upgrade. They keep to Node's interface as far as their author needed it.
 */

/** Of a net.Socket, what Node's HTTP server adds to those that it serves. */
type ServedSocket = { readonly server?: unknown } | null | undefined

/**
 * Whether a server of Node's has made the response. One that waits behind another on its socket has no socket yet, and counts
 * too: nothing tells it from a response of the application's own for a request that is real.
 */
export function isServed(req: IncomingMessage, res: ServerResponse): boolean {
  if (!(res instanceof ServerResponse)) return (res as { stream?: unknown }).stream !== undefined // HTTP/2
  const socket = req.socket as ServedSocket
  return socket?.server !== undefined && (res.socket === null || (res.socket as ServedSocket) === socket)
}

/**
 * Whether this is a request that a response answers. Otherwise there is no span, for nothing would tell of its end: an upgrade
 * becomes a WebSocket that may stay for hours, and the mocks of a unit test may have no events.
 */
export function isAnswerable(req: Partial<IncomingMessage>, res: Partial<ServerResponse> | undefined): boolean {
  return (
    (req as { upgrade?: unknown }).upgrade !== true &&
    typeof req.headers === 'object' &&
    typeof res?.on === 'function' &&
    typeof res.getMaxListeners === 'function'
  )
}

/** Responses whose `writableFinished` may stay false although they have been answered. */
const answered = new WeakSet<object>()
export const isAnsweredStandIn = (res: object): boolean => answered.has(res)

/**
 * Makes a listener for the `finish` of a stand-in. It calls `ended` after the other listeners, which may still write on the span,
 * and before any input or output: a Lambda is stopped once it has answered.
 */
export function onAnswer(res: object, ended: () => void): () => void {
  return () => {
    answered.add(res)
    process.nextTick(ended)
  }
}

/** Adapters such as azure-function-express have an `end` of their own that emits nothing. */
export function afterOwnEnd(res: ServerResponse, listener: () => void): void {
  const { end } = res
  if (!(res instanceof OutgoingMessage) || end === ServerResponse.prototype.end) return
  res.end = function (this: ServerResponse, ...args: unknown[]) {
    const value = (end as (...args: unknown[]) => ServerResponse).apply(this, args)
    listener()
    return value
  }
}
