import type { IncomingMessage } from 'node:http'
import { isOn } from './env'

/**
 * Reads `network.peer.address`, the other end of the socket. The tracer gives all other tags their OpenTelemetry names when it sends
 * a span, but then the socket is gone.
 *
 * @default `undefined`, for no such tag: Datadog wants it only with `DD_TRACE_OTEL_SEMANTICS_ENABLED=true`
 */
export function peerAddressReader(env: NodeJS.ProcessEnv): ((req: IncomingMessage) => string | undefined) | undefined {
  return isOn(env.DD_TRACE_OTEL_SEMANTICS_ENABLED) ? req => req.socket?.remoteAddress : undefined
}
