// The application that every configuration serves: three routes that differ in how many lines they log, one that is nested
// two deep, and one that waits.

/** How many lines a request logs, by the first word of its path. */
export const lines = { quiet: 0, items: 3, chatty: 30 }

/** About 1 kB. */
const item = { name: 'a thing that is looked up', text: 'x'.repeat(900), price: 1234 }

async function lookUp(id) {
  return { id, ...item }
}

async function answer(log, id, count) {
  const found = await lookUp(id)
  for (let step = 0; step < count; step++) log?.info({ id, step }, 'looking up')
  return found
}

export const frameworks = {
  express({ load, middleware, logOf, held }) {
    const app = load('express')()
    if (middleware) app.use(middleware)
    for (const [word, count] of Object.entries(lines)) {
      app.get(`/${word}/:id`, async (req, res) => {
        res.json(await answer(logOf(req), req.params.id, count))
      })
    }
    const shops = load('express').Router()
    const items = load('express').Router()
    app.use('/shops/:shop', shops)
    shops.use('/items', items)
    items.get('/:id', async (req, res) => {
      res.json(await answer(logOf(req), req.params.id, 3))
    })
    app.get('/held/:id', async (req, res) => {
      await answer(logOf(req), req.params.id, 1)
      held(() => res.json(item))
    })
    return app
  },
  koa({ load, middleware, logOf, held }) {
    const app = new (load('koa'))()
    const { Router = load('@koa/router') } = load('@koa/router')
    const router = new Router()
    if (middleware) app.use(middleware)
    for (const [word, count] of Object.entries(lines)) {
      router.get(`/${word}/:id`, async ctx => {
        ctx.body = await answer(logOf(ctx), ctx.params.id, count)
      })
    }
    const shops = new Router({ prefix: '/shops/:shop' })
    const items = new Router({ prefix: '/items' })
    items.get('/:id', async ctx => {
      ctx.body = await answer(logOf(ctx), ctx.params.id, 3)
    })
    router.use(shops.use(items.routes()).routes())
    router.get('/held/:id', async ctx => {
      await answer(logOf(ctx), ctx.params.id, 1)
      await new Promise(held)
      ctx.body = item
    })
    app.use(router.routes())
    return app.callback()
  },
}
