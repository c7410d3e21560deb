import { setTimeout as sleep } from 'node:timers/promises'
import { endOpenResponses, openResponses } from './response/response-end'
import { defaultTracer, flushSpans } from './tracer/internals'

/** Options of `shutdown()`. */
export interface ShutdownOptions {
  /**
   * The longest time that it takes, in milliseconds. At most half of it is for open requests, the rest for sending spans.
   * @default 5000
   */
  readonly timeout?: number
}

/**
 * Await this before the process ends. Otherwise the spans of its last seconds are lost. It waits for open requests, ends the spans
 * of those that take too long (tag `http.unfinished`), and waits until the agent has received all spans. It never throws.
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
  while (openResponses() > 0 && Date.now() < deadline - timeout / 2) await sleep(pollInterval)
  endOpenResponses()
  const timer = new AbortController()
  await Promise.race([
    flush(),
    sleep(Math.max(deadline - Date.now(), 0), undefined, { signal: timer.signal }).catch(() => {}),
  ])
  timer.abort()
}

const pollInterval = 10 // milliseconds

async function flush(): Promise<void> {
  try {
    await flushSpans(defaultTracer())
  } catch {
    // dd-trace is not installed, or has changed inside. Then there is nothing to wait for.
  }
}
