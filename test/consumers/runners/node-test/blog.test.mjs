import assert from 'node:assert/strict'
import { it } from 'node:test'
import tracer from 'dd-trace'
import { app } from './blog.cjs'
import serve from './serve.cjs'

tracer.init({ plugins: false })

it('is traced', async () => {
  const [{ status, resource }] = await serve(app())
  assert.deepEqual({ status, resource }, { status: 200, resource: 'GET /posts/:id' })
})
