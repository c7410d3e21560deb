import express from '@fastify/express'
import middie from '@fastify/middie'
import tracer from 'dd-trace'
import fastify from 'fastify'
import { getLog, recordError, setRoute } from 'spanlog'
import { spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

async function serving(plugin) {
  const app = fastify()
  await app.register(plugin)
  app.use(spanlog())
  app.addHook('onRequest', async request => {
    if (request.routeOptions.url) setRoute(request.routeOptions.url)
  })
  app.addHook('onError', async (_request, _reply, error) => recordError(error))
  app.get('/posts/:id', async ({ params }) => {
    getLog().info('loading')
    if (params.id === 'broken') throw new Error('no such post')
    return params
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const paths = ['/posts/7', '/posts/broken', '/nothing']
  const spans = await serve(
    { listen: () => app.server },
    paths.map(path => ({ path })),
  )
  return spans
}

console.log(JSON.stringify({ spans: [...(await serving(middie)), ...(await serving(express))] }))
