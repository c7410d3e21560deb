import { EventEmitter } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { decodeTraces, type Span } from './decode'
import { Refusal } from './msgpack'

/** Called for each request of a tracer. Its headers contain the language and version of the tracer. */
export type Receive = (spans: Span[], headers: IncomingHttpHeaders) => void

/** An HTTP server that answers tracers as a Datadog agent does, and passes their spans to `receive`. */
export function createAgentServer(receive: Receive, maxBody: number): Server {
  return createHiddenServer(agentHandler(receive, maxBody))
}

/** Answers the requests of tracers. */
export function agentHandler(receive: Receive, maxBody: number): RequestListener {
  const read = bodyReader(maxBody)
  const receiveTraces = async (request: IncomingMessage, response: ServerResponse, version: string) => {
    try {
      checkHead(request)
      receive(decodeTraces(await read(request), version), request.headers)
      answer(response, 200, { rate_by_service: { 'service:,env:': 1 } })
    } catch (error) {
      refuse(response, error)
    }
  }
  return (request, response) => {
    const version = /^\/v(0\.[345])\/traces(?:\?|$)/.exec(request.url ?? '')?.[1]
    if (version) receiveTraces(request, response, version)
    else answerOther(request, response)
  }
}

/**
 * dd-trace traces servers through `http.Server.prototype.emit`. If the agent runs in the traced process, each report to it would make a
 * new span, which is reported again, without end. An own `emit` hides this server from dd-trace.
 */
export function createHiddenServer(listener: RequestListener): Server {
  const server = createServer(listener)
  server.emit = EventEmitter.prototype.emit
  return server
}

/**
 * Requires `application/msgpack`. A web page needs a CORS preflight for this type, and the preflight is refused here. Without this
 * check any page could send traces.
 */
function checkHead(request: IncomingMessage): void {
  const { method, headers } = request
  if (method !== 'PUT' && method !== 'POST') throw new Refusal(405, `traces come by PUT or POST, not ${method}`)
  const type = headers['content-type'] ?? 'none'
  if (!/^application\/msgpack\b/i.test(type))
    throw new Refusal(415, `content-type must be application/msgpack, not ${type}`)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new Refusal(415, `content-encoding must be gzip or none, not ${encoding}`)
}

export function bodyReader(maxBody: number) {
  // A limit for all bodies together. Many small bodies at once could fill the memory, too.
  const held = { bytes: 0, most: 4 * maxBody }
  return async (request: IncomingMessage): Promise<Buffer> => {
    const body = await collect(request, maxBody, held)
    return request.headers['content-encoding'] === 'gzip' ? unzip(body, maxBody) : body
  }
}

function collect(request: IncomingMessage, maxBody: number, held: { bytes: number; most: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const release = () => {
      parts.length = 0
      held.bytes -= size
      size = 0
    }
    const keep = (part: Buffer) => {
      size += part.length
      held.bytes += part.length
      parts.push(part)
      if (size > maxBody) drop(tooLarge(maxBody))
      else if (held.bytes > held.most) drop(new Refusal(429, 'too many bodies at once: send this one again'))
    }
    // Reads the rest and drops it. A client that is still sending may not read the answer.
    const drop = (refusal: Refusal) => {
      request.off('data', keep).resume()
      release()
      reject(refusal)
    }
    request.on('data', keep)
    request.once('end', () => resolve(Buffer.concat(parts)))
    request.once('error', reject)
    request.once('close', release)
  })
}

async function unzip(body: Buffer, maxBody: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: maxBody })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBody)
    throw new Refusal(400, `the body is not gzip: ${(error as Error).message}`)
  }
}

function tooLarge(maxBody: number): Refusal {
  return new Refusal(413, `the body is larger than ${maxBody} bytes`)
}

/** Answers telemetry, stats, health metrics and remote configuration, and drops their bodies. */
function answerOther(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const path = request.url?.split('?')[0] ?? ''
  const otherVersion = /^\/v[\d.]+\/traces$/.test(path)
  if (path === '/info') answer(response, 200, info)
  else if (otherVersion) answer(response, 404, { error: `${path} is not supported: use /v0.4/traces or /v0.5/traces` })
  else answer(response, path.startsWith('/telemetry/') ? 202 : 200, {})
}

const info = {
  version: '7.70.0',
  endpoints: ['/v0.3/traces', '/v0.4/traces', '/v0.5/traces', '/v0.6/stats', '/v0.7/config', '/telemetry/proxy/'],
  client_drop_p0s: false, // with true the tracer would not send unsampled traces
  span_events: true,
  span_meta_structs: true,
}

export function refuse(response: ServerResponse, error: unknown): void {
  const status = error instanceof Refusal ? error.status : 500
  answer(response, status, { error: error instanceof Error ? error.message : String(error) })
}

export function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
