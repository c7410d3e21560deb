// The application that every configuration serves: one route per number of lines that it logs, and one that waits.
import { require } from './install.mjs'

/** How many lines a request logs, by the first word of its path. */
const lines = { quiet: 0, items: 3, chatty: 30, held: 1 }

/** About 1 kB. */
const item = { name: 'a thing that is looked up', text: 'x'.repeat(900), price: 1234 }

async function lookUp(id) {
  return { id, ...item }
}

async function answer(log, id, count) {
  const found = await lookUp(id)
  for (let step = 0; step < count; step++) log.info({ id, step }, 'looking up')
  return found
}

/** `hold` takes the answer of `/held`, a function to call. */
export const applications = {
  express({ middleware, logOf, hold }) {
    const app = require('express')()
    if (middleware) app.use(middleware)
    for (const [word, count] of Object.entries(lines)) {
      app.get(`/${word}/:id`, async (req, res) => {
        const found = await answer(logOf(req), req.params.id, count)
        if (word === 'held') hold(() => res.json(found))
        else res.json(found)
      })
    }
    return app
  },
  koa({ middleware, logOf, hold }) {
    const app = new (require('koa'))()
    const router = new (require('@koa/router').Router)()
    if (middleware) app.use(middleware)
    for (const [word, count] of Object.entries(lines)) {
      router.get(`/${word}/:id`, async ctx => {
        ctx.body = await answer(logOf(ctx), ctx.params.id, count)
        if (word === 'held') await new Promise(hold)
      })
    }
    app.use(router.routes())
    return app.callback()
  },
}
