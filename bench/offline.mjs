// A tracer without an agent, and requests without a server: for what is measured within one process. Such a process must end by
// `process.exit()`, since its spans are never sent.

import { require, requireSpanlog } from './install.mjs'
import { messagesFor } from './requests.mjs'
import { plain } from './tracing.mjs'

export const tracer = plain(9)
const app = new (require('koa'))()

/** A function that takes one request through spanlog's middleware for Koa alone, and runs `handler(ctx)` in it. */
export function passThrough(options, checkout, headers = {}, url = '/items/12345') {
  const middleware = requireSpanlog('spanlog/koa', checkout).spanlog(options)
  return async handler => {
    const { req, res } = messagesFor({ url, headers: { host: 'shop.example', 'user-agent': 'bench/1.0', ...headers } })
    const ctx = app.createContext(req, res)
    await middleware(ctx, async () => handler?.(ctx))
    res.emit('close')
  }
}
