import type { ServerResponse } from 'node:http'
import { expose, type ServedRequest } from '../request'

/** Sets `traceHeader` and the request's id again when the head is written. Koa removes all headers before it answers an error. */
export function exposeAgain(request: ServedRequest, res: ServerResponse): void {
  const { traceHeader, requestId } = request.settings
  if ((!traceHeader && !requestId) || res.headersSent || !Object.isExtensible(res)) return
  const { writeHead } = res
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    expose(request, this)
    return (writeHead as (...args: unknown[]) => ServerResponse).apply(this, args)
  }
}
