import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import type { Fields } from './logger'
import type { Outcome } from './response-end'
import type { Settings } from './settings'
import { isServed } from './stand-in'
import { bounded, maxTagLength } from './tags/bounded'
import type { ErrorFields } from './tags/error-fields'
import { isMethod, resourceOf, resourceOfRoute } from './tags/resource'
import { wasActiveBefore } from './tracer/arrivals'
import type { DdFields } from './tracer/dd-fields'
import {
  finishTrace,
  isErrorSpan,
  isFinished,
  linksOf,
  makesResource,
  serverSpanOf,
  tagOf,
  tiedTo,
} from './tracer/internals'
import { traceHeaders } from './tracer/trace-headers'
import type { Span, SpanContext, Tracer } from './tracer/types'

/** What is active in a request: a span of dd-trace's integrations, one of the application's, or none. */
export function activeSpan({ tracer }: Settings, req: IncomingMessage): Span | null {
  const active = tracer.scope().active()
  return active && !wasActiveBefore(active, req) ? active : null
}

/**
 * The server span that dd-trace's integrations started for this request, if they did: not that of another request, inside of which
 * the application made this one.
 */
export function findSpan(active: Span, req: IncomingMessage, res: ServerResponse): Span | undefined {
  const found = serverSpanOf(active)
  if (!found || tiedTo(found)?.span === found) return undefined
  return isServed(req, res) || isSpanOf(found, req) ? found : undefined
}

/** For a request that no server has made: dd-trace starts spans for those of light-my-request, and for no others. */
function isSpanOf(span: Span, { method, url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?')
  const [told = ''] = String(tagOf(span, 'http.url')).split('?')
  return tagOf(span, 'http.method') === method && told.endsWith(path)
}

/** A new `web.request` span: below an active span of the application's, else as the child of what the caller sent. */
export function startSpan(
  settings: Settings,
  req: IncomingMessage,
  carrier: object | undefined,
  active: Span | null,
): Span {
  const { tracer } = settings
  const parent = activeParent(active) ?? incomingContext(tracer, carrier)
  const options = { childOf: parent as never, links: linksOf(parent) as never, tags: startTags(settings, req) }
  return tracer.startSpan('web.request', options)
}

/** A finished span is what an earlier request on the same socket left in the context: on Node 20 and 22 `enterWith` reaches that far. */
function activeParent(active: Span | null): SpanContext | undefined {
  return active && !isFinished(active) ? active.context() : undefined
}

/** `extract()` replaces baggage that an earlier request left on this socket. With nothing to extract, remove it ourselves. */
function incomingContext(tracer: Tracer, carrier: object | undefined): SpanContext | undefined {
  if (carrier) return tracer.extract('http_headers', carrier as never) ?? undefined
  tracer.removeAllBaggageItems?.()
  return undefined
}

/** The headers that continue the caller's trace, where it is trusted and sent any. */
export function carrierOf<Incoming>(
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
): object | undefined {
  const carrier = traceHeaders(req.headers)
  return carrier && settings.trust(incoming) ? carrier : undefined
}

/**
 * Runs `fn` in an async context of its own. `extract()` keeps incoming baggage in the current one, and on Node 20 that one reaches
 * the next request on the same socket.
 */
export function isolateBaggage<T>(fn: () => T): T {
  return new AsyncResource('spanlog').runInAsyncScope(fn)
}

/** Tells the client the id of its trace, where the trace will be there to be found. */
export function exposeTrace({ traceHeader }: Settings, dd: DdFields | undefined, res: ServerResponse): void {
  if (traceHeader && dd?.trace_id && !res.headersSent) res.setHeader(traceHeader, dd.trace_id)
}

function startTags(settings: Settings, req: IncomingMessage): Fields {
  const { headers } = req
  const tags: Fields = {
    'span.kind': 'server',
    'span.type': 'web',
    component: settings.component,
    'http.method': req.method,
    'http.url': settings.urlOf(req),
  }
  const userAgent = headers['user-agent']
  if (userAgent) tags['http.useragent'] = bounded(userAgent)
  if (settings.lineService) tags['service.name'] = settings.lineService
  const peerAddress = settings.peerAddressOf?.(req)
  if (peerAddress) tags['network.peer.address'] = peerAddress
  const clientIp = settings.clientIpOf?.(req)
  if (clientIp) tags['http.client_ip'] = clientIp
  // By these Datadog keeps its own scans and tests out of what it knows of an API: always on a span.
  const scan = headers['x-datadog-endpoint-scan']
  if (typeof scan === 'string') tags['http.request.headers.x-datadog-endpoint-scan'] = bounded(scan)
  const test = headers['x-datadog-security-test']
  if (typeof test === 'string') tags['http.request.headers.x-datadog-security-test'] = bounded(test)
  return tags
}

/** Tags of the application's own, as values that the tracer can be trusted with: it may call getters of an object, and fail. */
export function setTags(span: Span, tags: Fields): void {
  for (const key of Object.keys(tags)) {
    const value = tags[key]
    if (value === undefined || value === null) continue
    span.setTag(key, typeof value === 'number' || typeof value === 'boolean' ? value : bounded(tagText(value)))
  }
}

const tagText = (value: unknown) => (typeof value === 'string' ? value : inspect(value, inspectOptions))
const inspectOptions = { depth: 2, breakLength: Infinity, maxArrayLength: 100, maxStringLength: maxTagLength } as const

/**
 * Writes what only the end of a request can tell. dd-trace writes the status and the error of its own span itself, unless the
 * application told us of an error or what one is.
 */
export function writeOutcome(
  span: Span,
  settings: Settings,
  adopted: boolean,
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
): void {
  setOutcome(span, req.method ?? 'GET', outcome, !adopted)
  if (!adopted) setEndpoint(span, settings, outcome)
  if (!adopted || outcome.error || settings.ownValidateStatus) setFailure(span, settings, outcome)
  setHeaders(span, settings, req, res)
}

/** Datadog keeps the trace whatever its sampler said: https://docs.datadoghq.com/tracing/trace_pipeline/ingestion_mechanisms/ */
export function keepTrace(span: Span): void {
  span.setTag('manual.keep', true)
}

/** Whoever starts a span finishes it. But when the process is about to end, nobody comes after us. */
export function finishSpan(span: Span, adopted: boolean, { ending }: Outcome, finishTime?: number): void {
  if (ending === 'unfinished') finishTrace(span, finishTime)
  else if (!adopted) span.finish(finishTime)
}

/**
 * Route, resource, status and ending.
 *
 * @param withStatus false for a span of dd-trace's own, which writes the status itself
 */
function setOutcome(span: Span, method: string, outcome: Outcome, withStatus: boolean): void {
  const { ending, status, template } = outcome
  setNames(span, method, template, withStatus || ending === 'unfinished')
  if (withStatus && status) span.setTag('http.status_code', status)
  if (ending === 'aborted') span.setTag('http.aborted', 'true')
  if (ending === 'unfinished') span.setTag('http.unfinished', 'true')
}

/**
 * Route and resource. What the application set itself stays, and the resource follows its route.
 *
 * @param finishedByUs false where dd-trace finishes its own span, and may make the resource then
 */
function setNames(span: Span, method: string, template: string | undefined, finishedByUs: boolean): void {
  const ownRoute = tagOf(span, 'http.route')
  if (template && !ownRoute) span.setTag('http.route', template)
  if (tagOf(span, 'resource.name')) return
  if (!finishedByUs && isMethod(method) && makesResource(span, ownRoute || template)) return
  span.setTag('resource.name', ownRoute ? resourceOfRoute(method, ownRoute) : resourceOf(method, template))
}

/** What stands in for a route; on a span of dd-trace's own it does so itself. */
function setEndpoint(span: Span, { endpointOf }: Settings, { status }: Outcome): void {
  if (!endpointOf || !status || tagOf(span, 'http.route')) return
  span.setTag('http.endpoint', endpointOf(String(tagOf(span, 'http.url'))))
}

/**
 * Makes the span an error where its status is one. The thrown error goes on it as strings: given an object with a hostile getter,
 * dd-trace fails in `finish` and loses the span.
 */
function setFailure(span: Span, settings: Settings, { ending, status, error }: Outcome): void {
  if (ending === 'aborted' || (ending !== 'failed' && settings.isSuccess(status))) return
  if (isErrorSpan(span)) return
  setError(span, error)
}

/** Makes a span an error. */
export function setError(span: Span, error: ErrorFields | undefined): void {
  span.setTag('error', true)
  if (!error) return
  span.setTag('error.type', error.type)
  if (error.message) span.setTag('error.message', error.message)
  if (error.stack) span.setTag('error.stack', error.stack)
}

/** Header tags are written at the end: the response's are known only then. */
function setHeaders(span: Span, { headerTags }: Settings, req: IncomingMessage, res: ServerResponse): void {
  if (!headerTags) return
  const set = (tag: string, value: string | number) => span.setTag(tag, value)
  headerTags.request(req.headers, set)
  headerTags.response(name => res.getHeader(name), set)
}
