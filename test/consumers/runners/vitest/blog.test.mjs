import tracer from 'dd-trace'
import { expect, it } from 'vitest'
import { app } from './blog.cjs'
import serve from './serve.cjs'

tracer.init({ plugins: false })

it('is traced', async () => {
  const [{ status, resource }] = await serve(app())
  expect({ status, resource }).toEqual({ status: 200, resource: 'GET /posts/:id' })
})
