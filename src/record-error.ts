import { errorsAreRecorded } from './hints'
import { currentRequest, requestFor } from './store'

/**
 * Records an error that no error handler sees: in an exception filter of Nest, `onError` of tRPC, a plugin of Apollo, a proxy. If
 * the answer is an error, the span gets the type, message and stack. A successful answer stays a success. The last error counts.
 * Outside a request it does nothing.
 *
 * @param of Express's `req` or Koa's `ctx`
 * @default the current request
 * @example recordError(error)
 */
export function recordError(error: unknown, of?: object): void {
  errorsAreRecorded()
  const request = of === undefined || of === null ? currentRequest() : requestFor(of)
  request?.noteError(error)
}
