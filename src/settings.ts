import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkOptions } from './check-options'
import { type BindLogger, consoleLogger, type Fields, loggerBinding } from './logger'
import { type AccessLog, accessLogSettings } from './logger/access-log'
import type { HoldLimits } from './logger/request-lines'
import { lineWriter, type WriteLine } from './logger/write-line'
import type { Options } from './options'
import { joinNamespace, type Namespace } from './store'
import { clientIpReader } from './tags/client-ip'
import { endpointReader } from './tags/endpoint'
import { statusValidator } from './tags/error-statuses'
import { type HeaderTags, headerTags } from './tags/header-tags'
import { peerAddressReader } from './tags/peer-address'
import { type RequestIdSettings, requestIdSettings } from './tags/request-id'
import { withRouteOfHook } from './tags/resource'
import { urlTag } from './tags/url'
import { watchArrivals, watchConnections } from './tracer/arrivals'
import { defaultTracer } from './tracer/internals'
import type { Span, Tracer } from './tracer/types'
import { describe } from './warnings/describe'
import { guard } from './warnings/warn'

/** The options as requests use them. Everything that can be decided once, and not per request, is decided here. */
export interface Settings<Incoming = unknown> {
  readonly component: 'express' | 'koa' | 'job'
  readonly tracer: Tracer
  /** The option `logger` as it was passed. */
  readonly logger: unknown
  readonly bindLogger: BindLogger
  /** `service` as the agent normalises it, so that `dd.service` of a line equals the service of the span. */
  readonly lineService: string | undefined
  readonly tags: ((req: Incoming) => Fields) | undefined
  readonly fields: ((req: Incoming) => Fields) | undefined
  readonly skip: ((req: Incoming) => boolean) | undefined
  readonly trust: (req: Incoming) => boolean
  /** Whether the option `trustIncoming` may refuse a caller. */
  readonly mayRefuse: boolean
  readonly ownValidateStatus: boolean
  readonly isSuccess: (status: number) => boolean
  readonly headerTags: HeaderTags | undefined
  readonly urlOf: ReturnType<typeof urlTag>
  readonly clientIpOf: ReturnType<typeof clientIpReader>
  readonly peerAddressOf: ReturnType<typeof peerAddressReader>
  readonly endpointOf: ReturnType<typeof endpointReader>
  readonly traceHeader: string | undefined
  readonly onFinish: ((span: Span, req: IncomingMessage, res: ServerResponse, incoming: Incoming) => void) | undefined
  readonly namespace: Namespace | undefined
  readonly accessLog: AccessLog<Incoming> | undefined
  readonly requestId: RequestIdSettings<Incoming> | undefined
  readonly tagFields: readonly string[] | undefined
  readonly keepOnError: boolean
  readonly debugOnError: HoldLimits | undefined
  /** Whether an option needs to know which lines a request writes. */
  readonly countsLines: boolean
}

/**
 * Reads the options when the middleware is made.
 *
 * @throws TypeError for a wrong option, with what to type instead
 */
export function readOptions<Incoming>(
  options: Options<Incoming>,
  component: Settings['component'],
): Settings<Incoming> {
  checkOptions(options)
  watchArrivals()
  if (component === 'koa') watchConnections() // Express cannot serve HTTP/2
  const { tags, trustIncoming = true, service, logger = consoleLogger() } = options
  const debugOnError = holdLimits(options.debugOnError)
  const bindLogger = loggerBinding(logger, debugOnError !== undefined)
  return guarded({
    component,
    tracer: options.tracer ?? installedTracer(),
    logger: options.logger,
    bindLogger,
    lineService: service && normalService(service),
    tags: typeof tags === 'object' ? () => tags : tags,
    fields: options.fields,
    skip: options.skip,
    trust: typeof trustIncoming === 'function' ? trustIncoming : () => trustIncoming,
    mayRefuse: trustIncoming !== true,
    ownValidateStatus: options.validateStatus !== undefined,
    isSuccess: statusValidator(options.validateStatus, process.env),
    headerTags: headerTags(options.headers, process.env),
    urlOf: urlTag(process.env),
    clientIpOf: clientIpReader(process.env),
    peerAddressOf: peerAddressReader(process.env),
    endpointOf: endpointReader(process.env),
    traceHeader: options.traceHeader,
    onFinish: options.hooks?.request,
    namespace: options.namespace === undefined ? undefined : namespaceOf(options.namespace),
    accessLog: accessLogSettings(options.accessLog, safeLineWriter(logger, bindLogger)),
    requestId: requestIdSettings(options.requestId),
    tagFields: options.tagFields?.length ? options.tagFields : undefined,
    keepOnError: options.keepOnError ?? false,
    debugOnError,
    countsLines: Boolean(options.accessLog || options.keepOnError || debugOnError),
  })
}

/** Wraps each callback, so that one that throws cannot break a request. */
function guarded<Incoming>(settings: Settings<Incoming>): Settings<Incoming> {
  const { skip, tags, fields, onFinish } = settings
  return {
    ...settings,
    skip: skip && guard('skip', skip, () => false),
    tags: tags && guard('tags', tags, nothing, copyOf),
    fields: fields && guard('fields', fields, nothing, copyOf),
    trust: guard('trustIncoming', settings.trust, () => false),
    onFinish: onFinish && withRouteOfHook(guard('hooks', onFinish, () => undefined)),
    bindLogger: guard('logger', settings.bindLogger, loggerBinding(consoleLogger()), checked),
  }
}

const defaultLimits: HoldLimits = { lines: 100, bytes: 65_536 }

function holdLimits(option: Options['debugOnError']): HoldLimits | undefined {
  if (option === undefined || option === false) return undefined
  if (option === true) return defaultLimits
  return { ...defaultLimits, ...(typeof option === 'number' ? { lines: option } : option) }
}

/** If a function `logger` throws, `consoleLogger()` writes the line, as it does for `req.log`. */
function safeLineWriter(logger: unknown, bindLogger: BindLogger): WriteLine {
  const fallback = consoleLogger()
  return guard('logger', lineWriter(logger, bindLogger), lineWriter(fallback, loggerBinding(fallback)))
}

const nothing = (): Fields => ({})

function checked(logger: unknown): unknown {
  if (typeof logger === 'function' || (typeof logger === 'object' && logger !== null)) return logger
  throw new TypeError(`Expected a logger, got ${typeof logger}.`)
}

/** A callback may return nothing, as in `req => req.user && { … }`: that adds no fields. */
function copyOf(fields: Fields): Fields {
  if (fields && (typeof fields !== 'object' || Array.isArray(fields))) {
    throw new TypeError(
      `Expected an object such as { plan: 'pro' }, got ${Array.isArray(fields) ? 'an array' : typeof fields}.`,
    )
  }
  return { ...fields }
}

function installedTracer(): Tracer {
  try {
    return defaultTracer()
  } catch (cause) {
    throw new Error('spanlog needs dd-trace: run `npm install dd-trace`, or pass your tracer as `tracer`.', { cause })
  }
}

function namespaceOf(given: Namespace | string): Namespace {
  const namespace = typeof given === 'string' ? namespaceNamed(given) : given
  if (
    typeof namespace?.run !== 'function' ||
    typeof namespace.get !== 'function' ||
    typeof namespace.set !== 'function'
  ) {
    throw new TypeError(`Expected \`namespace\` to be a cls-hooked namespace or its name, got ${describe(given)}.`)
  }
  joinNamespace(namespace)
  return namespace
}

/** cls-hooked keeps its namespaces on `process`, so the namespace is looked up there. Loading a second copy of it would delete them. */
function namespaceNamed(name: string): Namespace {
  const all = (process as { namespaces?: { [name: string]: Namespace } }).namespaces ?? {}
  if (Object.hasOwn(all, name) && all[name]) return all[name]
  const names = Object.keys(all).map(other => `'${other}'`)
  const there = names.length ? `There are ${names.join(', ')}.` : 'There are none yet.'
  throw new TypeError(
    `There is no cls-hooked namespace '${name}'. ${there} Call createNamespace('${name}') before spanlog(), or pass the namespace itself.`,
  )
}

/**
 * The agent's rule for a service: lower case, at most 100 characters, one underscore for each run of others than letters, digits,
 * `_-:./`.
 */
function normalService(service: string): string {
  const name = service.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]+/gu, '_')
  return (
    name
      .replace(/_+/g, '_')
      .replace(/^[^\p{L}]+/u, '')
      .slice(0, 100)
      .replace(/_+$/, '') || 'unnamed-service'
  )
}
