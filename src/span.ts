import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import type { Fields } from './logger'
import type { Outcome } from './response/response-end'
import { isServed } from './response/stand-in'
import type { Settings } from './settings'
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

/** The active span of a request, of one of dd-trace's integrations or of the application; `null` if there is none. */
export function activeSpan({ tracer }: Settings, req: IncomingMessage): Span | null {
  const active = tracer.scope().active()
  return active && !wasActiveBefore(active, req) ? active : null
}

/**
 * The server span that dd-trace's integrations started for this request, if there is one. An application may call itself inside
 * another request; the span of that outer request does not count.
 */
export function findSpan(active: Span, req: IncomingMessage, res: ServerResponse): Span | undefined {
  const found = serverSpanOf(active)
  if (!found || tiedTo(found)?.span === found) return undefined
  return isServed(req, res) || isSpanOf(found, req) ? found : undefined
}

/** Whether a span is that of a request that no server made. dd-trace starts such spans for light-my-request only. */
function isSpanOf(span: Span, { method, url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?')
  const [spanUrl = ''] = String(tagOf(span, 'http.url')).split('?')
  return tagOf(span, 'http.method') === method && spanUrl.endsWith(path)
}

/** Starts a `web.request` span. Its parent is an active span of the application, else what the caller sent. */
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

/** Ignores a finished span: on Node 20 and 22, `enterWith` of an earlier request leaves its span for the next one on the socket. */
function activeParent(active: Span | null): SpanContext | undefined {
  return active && !isFinished(active) ? active.context() : undefined
}

/** `extract()` replaces baggage that an earlier request left on this socket. With nothing to extract, remove it ourselves. */
function incomingContext(tracer: Tracer, carrier: object | undefined): SpanContext | undefined {
  if (carrier) return tracer.extract('http_headers', carrier as never) ?? undefined
  tracer.removeAllBaggageItems?.()
  return undefined
}

/** The headers that continue the caller's trace; `undefined` if there are none or the caller is not trusted. */
export function carrierOf<Incoming>(
  settings: Settings<Incoming>,
  incoming: Incoming,
  req: IncomingMessage,
): object | undefined {
  const carrier = traceHeaders(req.headers)
  return carrier && settings.trust(incoming) ? carrier : undefined
}

/**
 * Runs `fn` in a new async context. `extract()` stores incoming baggage in the current one, and on Node 20 the next request on the
 * same socket would see it.
 */
export function isolateBaggage<T>(fn: () => T): T {
  return new AsyncResource('spanlog').runInAsyncScope(fn)
}

/** Sets the trace id as a header of the response, where there is one. */
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
  // By these two tags Datadog recognises its own scans and tests. dd-trace always writes them.
  const scan = headers['x-datadog-endpoint-scan']
  if (typeof scan === 'string') tags['http.request.headers.x-datadog-endpoint-scan'] = bounded(scan)
  const test = headers['x-datadog-security-test']
  if (typeof test === 'string') tags['http.request.headers.x-datadog-security-test'] = bounded(test)
  return tags
}

/** Sets tags of the application as plain values. Given an object, the tracer may call its getters and fail. */
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
 * Writes what is known only when the request has ended. dd-trace writes status and error of the spans that it starts. We write the error
 * there only if the application recorded one or gave the option `validateStatus`.
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

/**
 * Makes Datadog keep the trace, whatever the sampler decided: https://docs.datadoghq.com/tracing/trace_pipeline/ingestion_mechanisms/
 */
export function keepTrace(span: Span): void {
  span.setTag('manual.keep', true)
}

/** Finishes a span that spanlog started. When the process is about to end, it finishes dd-trace's span too, or that would be lost. */
export function finishSpan(span: Span, adopted: boolean, { ending }: Outcome, finishTime?: number): void {
  if (ending === 'unfinished') finishTrace(span, finishTime)
  else if (!adopted) span.finish(finishTime)
}

/**
 * Writes route, resource, status and how the request ended.
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
 * Writes route and resource. What the application set stays. If it set only the route, the resource is made from that route.
 *
 * @param finishedByUs false for a span that dd-trace finishes: dd-trace may then make the resource itself
 */
function setNames(span: Span, method: string, template: string | undefined, finishedByUs: boolean): void {
  const ownRoute = tagOf(span, 'http.route')
  if (template && !ownRoute) span.setTag('http.route', template)
  if (tagOf(span, 'resource.name')) return
  if (!finishedByUs && isMethod(method) && makesResource(span, ownRoute || template)) return
  span.setTag('resource.name', ownRoute ? resourceOfRoute(method, ownRoute) : resourceOf(method, template))
}

/** Writes `http.endpoint` where there is no route. dd-trace does this itself on its own spans. */
function setEndpoint(span: Span, { endpointOf }: Settings, { status }: Outcome): void {
  if (!endpointOf || !status || tagOf(span, 'http.route')) return
  span.setTag('http.endpoint', endpointOf(String(tagOf(span, 'http.url'))))
}

/**
 * Makes the span an error where the request failed. The thrown error is written as strings: given an object with a getter that
 * throws, dd-trace would fail in `finish` and lose the span.
 */
function setFailure(span: Span, settings: Settings, { ending, status, error }: Outcome): void {
  if (ending === 'aborted' || (ending !== 'failed' && settings.isSuccess(status))) return
  if (isErrorSpan(span)) return
  setError(span, error)
}

/** Makes a span an error, with type, message and stack where they are known. */
export function setError(span: Span, error: ErrorFields | undefined): void {
  span.setTag('error', true)
  if (!error) return
  span.setTag('error.type', error.type)
  if (error.message) span.setTag('error.message', error.message)
  if (error.stack) span.setTag('error.stack', error.stack)
}

/** Writes the header tags. Called at the end, because the response's headers are known only then. */
function setHeaders(span: Span, { headerTags }: Settings, req: IncomingMessage, res: ServerResponse): void {
  if (!headerTags) return
  const set = (tag: string, value: string | number) => span.setTag(tag, value)
  headerTags.request(req.headers, set)
  headerTags.response(name => res.getHeader(name), set)
}
