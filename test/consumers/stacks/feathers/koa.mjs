import { feathers } from '@feathersjs/feathers'
import { errorHandler, koa, rest } from '@feathersjs/koa'
import tracer from 'dd-trace'
import { getLog } from 'spanlog'
import { recordErrors, spanlog } from 'spanlog/koa'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = koa(feathers())
app.use(spanlog())
app.use(errorHandler())
app.use(recordErrors())
app.configure(rest())
app.use('posts', {
  async get(id) {
    getLog().info('loading')
    if (id === 'broken') throw new Error('no such post')
    return { id }
  },
})

const server = await app.listen(0)
const listening = { listen: () => server }
console.log(JSON.stringify({ spans: await serve(listening, [{ path: '/posts/7' }, { path: '/posts/broken' }]) }))
