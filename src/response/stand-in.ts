import { type IncomingMessage, OutgoingMessage, ServerResponse } from 'node:http'

/*
 * Requests and responses that no server of Node's has made: those of adapters for AWS Lambda and Azure, of `inject`, of mocks,
 * of an upgrade. They implement only a part of Node's interface.
 */

/** Node's HTTP server adds the property `server` to the sockets that it serves. */
type ServedSocket = { readonly server?: unknown } | null | undefined

/**
 * Whether a server of Node's has made the response. A response that waits behind another has no socket yet, and counts too. A
 * response that the application made itself for a real request looks the same, so it also counts.
 */
export function isServed(req: IncomingMessage, res: ServerResponse): boolean {
  if (!(res instanceof ServerResponse)) return (res as { stream?: unknown }).stream !== undefined // HTTP/2
  const socket = req.socket as ServedSocket
  return socket?.server !== undefined && (res.socket === null || (res.socket as ServedSocket) === socket)
}

/**
 * Whether a response will answer this request. If not, it gets no span, because nothing would report its end: an upgrade becomes a
 * WebSocket that may stay open for hours, and the mocks of a unit test may have no events.
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

/** Call this when a response emits `finish`. */
export function noteFinish(res: { readonly writableFinished?: boolean }): void {
  if (!res.writableFinished) answered.add(res)
}

/**
 * Makes a listener for the `finish` of a response that no server made. It calls `ended` after the other listeners, which may still set
 * tags, and before any input or output, because a Lambda is stopped once it has answered.
 */
export function onAnswer(res: object, ended: () => void): () => void {
  return () => {
    answered.add(res)
    process.nextTick(ended)
  }
}

/** Calls the listener after `res.end()`. Adapters such as azure-function-express replace `end` by one that emits nothing. */
export function afterOwnEnd(res: ServerResponse, listener: () => void): void {
  const { end } = res
  if (!(res instanceof OutgoingMessage) || end === ServerResponse.prototype.end) return
  res.end = function (this: ServerResponse, ...args: unknown[]) {
    const value = (end as (...args: unknown[]) => ServerResponse).apply(this, args)
    listener()
    return value
  }
}
