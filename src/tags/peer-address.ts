import type { IncomingMessage } from 'node:http'
import { isOn } from './env'

/**
 * Makes the function that reads `network.peer.address`, the other end of the socket. The tracer makes all other OpenTelemetry tags when
 * it sends a span, but then the socket is gone.
 *
 * @returns `undefined` for no tag, unless `DD_TRACE_OTEL_SEMANTICS_ENABLED=true`
 */
export function peerAddressReader(env: NodeJS.ProcessEnv): ((req: IncomingMessage) => string | undefined) | undefined {
  return isOn(env.DD_TRACE_OTEL_SEMANTICS_ENABLED) ? req => req.socket?.remoteAddress : undefined
}
