import { currentRequest, requestFor } from './store'

/**
 * Notes an error for the span of a request, where no error handler sees it: in an exception filter of Nest, `onError` of tRPC,
 * a plugin of Apollo, a proxy. It gives the span its error type, message and stack if the answer is an error; a status that is a
 * success stays one. The last error counts. Where there is no request it does nothing.
 *
 * @param of Express's `req` or Koa's `ctx`; the current request by default
 * @example recordError(error)
 */
export function recordError(error: unknown, of?: object): void {
  const request = of === undefined || of === null ? currentRequest() : requestFor(of)
  request?.noteError(error)
}
