import { setTimeout as sleep } from 'node:timers/promises'
import { endOpenResponses, openResponses } from './response-end'
import { defaultTracer, flushSpans } from './tracer/internals'

/** Options of `shutdown()`. */
export interface ShutdownOptions {
  /**
   * How long it may take, in milliseconds: half of it for the requests that are still open, the rest for their spans.
   * @default 5000
   */
  readonly timeout?: number
}

/**
 * To be awaited before the process ends, or the spans of its last seconds are lost. Waits for the requests that are still open,
 * ends the spans of those that take too long (tag `http.unfinished`), and waits until the agent has all spans. It never throws.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   server.close()
 *   await shutdown()
 *   process.exit()
 * })
 */
export async function shutdown({ timeout = 5000 }: ShutdownOptions = {}): Promise<void> {
  const deadline = Date.now() + timeout
  while (openResponses() > 0 && Date.now() < deadline - timeout / 2) await sleep(step)
  endOpenResponses()
  const late = new AbortController()
  await Promise.race([
    flush(),
    sleep(Math.max(deadline - Date.now(), 0), undefined, { signal: late.signal }).catch(() => {}),
  ])
  late.abort()
}

const step = 10

async function flush(): Promise<void> {
  try {
    await flushSpans(defaultTracer())
  } catch {
    // No dd-trace, or one that has changed inside: there is nothing that we could wait for.
  }
}
