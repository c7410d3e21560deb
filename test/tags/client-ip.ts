import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientIpReader } from '../../src/tags/client-ip'

const { extractIp, ipHeaderList } = require('dd-trace/packages/dd-trace/src/plugins/util/ip_extractor.js')

const on = { DD_TRACE_CLIENT_IP_ENABLED: 'true' }
const socket = { remoteAddress: '203.0.113.9' }

function read(headers: Record<string, string | string[]>, env: NodeJS.ProcessEnv = on) {
  return clientIpReader(env)?.({ headers, socket })
}

function ddTrace(headers: Record<string, string | string[]>, clientIpHeader?: string) {
  return extractIp({ clientIpHeader }, { headers, socket })
}

describe('clientIpReader', () => {
  it('is off unless DD_TRACE_CLIENT_IP_ENABLED turns it on', () => {
    for (const value of [undefined, '', '0', 'false', 'yes', 'on']) {
      assert.equal(clientIpReader({ DD_TRACE_CLIENT_IP_ENABLED: value }), undefined, value)
    }
    for (const value of ['1', 'true', 'TRUE', 'True']) {
      assert.ok(clientIpReader({ DD_TRACE_CLIENT_IP_ENABLED: value }), value)
    }
  })

  it('asks every header that dd-trace asks, in its order', () => {
    const headers = Object.fromEntries(ipHeaderList.map((name: string, index: number) => [name, `8.8.8.${index}`]))
    for (const name of ipHeaderList) {
      assert.equal(read(headers), headers[name], name)
      delete headers[name]
    }
    assert.equal(read(headers), socket.remoteAddress)
  })

  for (const [value, address] of [
    ['8.8.8.8', '8.8.8.8'],
    ['8.8.8.8, 9.9.9.9', '8.8.8.8'],
    ['10.0.0.1, 8.8.8.8', '8.8.8.8'],
    ['10.0.0.1, 192.168.1.1', '10.0.0.1'],
    ['8.8.8.8:443', '8.8.8.8'],
    ['"8.8.8.8:443"', '8.8.8.8'],
    ['" 8.8.8.8 "', '8.8.8.8'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['::1, fe80::1, fec0::1, fc00::1, fd00::1, 8.8.4.4', '8.8.4.4'],
    ['127.0.0.1', '127.0.0.1'],
    ['172.16.0.1, 172.32.0.1', '172.32.0.1'],
    ['169.254.1.1, 100.64.0.1, 100.127.255.255, 100.128.0.1', '100.128.0.1'],
    ['unknown, 8.8.8.8', '8.8.8.8'],
    ['999.1.1.1', socket.remoteAddress],
    ['[8.8.8.8', socket.remoteAddress],
    ['[', socket.remoteAddress],
    ['"', socket.remoteAddress],
    ['', socket.remoteAddress],
    [',,,', socket.remoteAddress],
    ['<script>', socket.remoteAddress],
  ] as const) {
    it(`finds ${address} in x-forwarded-for: ${value}, as dd-trace does`, () => {
      assert.equal(read({ 'x-forwarded-for': value }), address)
      assert.equal(ddTrace({ 'x-forwarded-for': value }), address)
    })
  }

  for (const [value, address] of [
    ['for=8.8.8.8', '8.8.8.8'],
    ['For=8.8.8.8;proto=http;by=203.0.113.43', '8.8.8.8'],
    ['proto=https;for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['for=_hidden', socket.remoteAddress],
    ['for=unknown;by=8.8.8.8', socket.remoteAddress],
    ['8.8.8.8', '8.8.8.8'],
  ] as const) {
    it(`finds ${address} in forwarded: ${value}, as dd-trace does`, () => {
      assert.equal(read({ forwarded: value }), address)
      assert.equal(ddTrace({ forwarded: value }), address)
    })
  }

  it('prefers a public address of a later header to a private one of an earlier', () => {
    const headers = { 'x-forwarded-for': '10.0.0.1', 'cf-connecting-ip': '8.8.8.8' }
    assert.equal(read(headers), '8.8.8.8')
    assert.equal(ddTrace(headers), '8.8.8.8')
  })

  it('looks only at the header of DD_TRACE_CLIENT_IP_HEADER, and not at the socket', () => {
    const env = { ...on, DD_TRACE_CLIENT_IP_HEADER: 'X-My-Ip' }
    const requests: Record<string, string>[] = [
      { 'x-my-ip': '8.8.8.8' },
      { 'x-my-ip': '10.0.0.1' },
      { 'x-forwarded-for': '8.8.8.8' },
      {},
    ]
    for (const headers of requests) assert.equal(read(headers, env), ddTrace(headers, 'x-my-ip'))
    assert.equal(read({ 'x-my-ip': '8.8.8.8' }, env), '8.8.8.8')
    assert.equal(read({}, env), undefined)
  })

  it('ignores a header that is no single text', () => {
    assert.equal(read({ 'x-forwarded-for': ['8.8.8.8'] }), ddTrace({ 'x-forwarded-for': ['8.8.8.8'] }))
  })

  it('has no answer without headers and without a socket', () => {
    assert.equal(clientIpReader(on)?.({ headers: {}, socket: null }), undefined)
    assert.equal(clientIpReader(on)?.({ headers: {} }), undefined)
  })

  describe('differs from dd-trace', () => {
    it('in IPv4 addresses written as IPv6, which dd-trace takes for a port and skips', () => {
      const headers = { 'x-forwarded-for': '::ffff:10.0.0.1, ::ffff:8.8.8.8, 9.9.9.9' }
      assert.equal(ddTrace(headers), '9.9.9.9')
      assert.equal(read(headers), '::ffff:8.8.8.8')
    })

    it('in the second and later hops of Forwarded, which dd-trace cannot read behind a space', () => {
      const headers = { forwarded: 'for=10.0.0.1, for=8.8.8.8' }
      assert.equal(ddTrace(headers), '10.0.0.1')
      assert.equal(read(headers), '8.8.8.8')
    })

    it('in the number of addresses: 64, so that a header of 16 kB costs no more', () => {
      const headers = { 'x-forwarded-for': `${'10.0.0.1,'.repeat(64)}8.8.8.8` }
      assert.equal(ddTrace(headers), '8.8.8.8')
      assert.equal(read(headers), '10.0.0.1')
    })
  })
})
