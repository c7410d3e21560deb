import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endpointReader } from '../../src/tags/endpoint'

const { calculateHttpEndpoint } = require('dd-trace/packages/dd-trace/src/plugins/util/url.js')
const endpointOf = endpointReader({ DD_TRACE_RESOURCE_RENAMING_ENABLED: 'true' }) as (url: string) => string

describe('http.endpoint', () => {
  it('is only there with DD_TRACE_RESOURCE_RENAMING_ENABLED', () => {
    for (const env of [{}, { DD_TRACE_RESOURCE_RENAMING_ENABLED: 'false' }])
      assert.equal(endpointReader(env), undefined)
  })

  for (const [path, endpoint] of [
    ['', '/'],
    ['/', '/'],
    ['//a///b/', '/a/b'],
    ['/users/7/orders/42', '/users/7/orders/{param:int}'],
    ['/2026-11-24/1.2.3', '/{param:int_id}/{param:int_id}'],
    ['/abc123/ABCDEF/0f-3_a.b', '/{param:hex}/ABCDEF/{param:hex_id}'],
    [`/${'a'.repeat(19)}/${'a'.repeat(20)}`, `/${'a'.repeat(19)}/{param:str}`],
    ['/me@shop.example/50%25/(a)/@b', '/{param:str}/{param:str}/{param:str}/{param:str}'],
    ['/1/2/3/4/5/6/7/8/9/10', '/1/2/3/4/5/6/7/8'],
    ['/a?b=/c/42', '/a'],
    ['?b=/c', '/'],
  ]) {
    it(`of ${path || 'no path'} is ${endpoint}, as dd-trace has it`, () => {
      assert.equal(endpointOf(`http://shop:80${path}`), endpoint)
      assert.equal(calculateHttpEndpoint(`http://shop:80${path}`), endpoint)
    })
  }
})
