import express, { rest } from '@feathersjs/express'
import { feathers } from '@feathersjs/feathers'
import tracer from 'dd-trace'
import { getLog } from 'spanlog'
import { recordErrors, spanlog } from 'spanlog/express'
import serve from './serve.cjs'

tracer.init({ plugins: false })

const app = express(feathers())
app.use(spanlog())
app.configure(rest())
app.use('/posts', {
  async get(id) {
    getLog().info('loading')
    if (id === 'broken') throw new Error('no such post')
    return { id }
  },
})
app.use(recordErrors())
app.use(express.errorHandler({ logger: false }))

const server = await app.listen(0)
const listening = { listen: () => server }
console.log(JSON.stringify({ spans: await serve(listening, [{ path: '/posts/7' }, { path: '/posts/broken' }]) }))
