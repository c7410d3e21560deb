import Koa from 'koa'

new Koa().use(ctx => {
  ctx.log.info('typed, by what the README declares')
  // @ts-expect-error
  ctx.log.nope()
})
