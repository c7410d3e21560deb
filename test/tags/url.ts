import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { urlTag } from '../../src/tags/url'

const { extractURL, getQsObfuscator, obfuscateQs } = require('dd-trace/packages/dd-trace/src/plugins/util/url.js')
const { defaults } = require('dd-trace/packages/dd-trace/src/config/defaults.js')

const expression = defaults.DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP
const queryStringObfuscation = getQsObfuscator({ queryStringObfuscation: expression })

type Request = Parameters<ReturnType<typeof urlTag>>[0] & { stream?: object }

function ddTrace(req: Request): string {
  return obfuscateQs({ queryStringObfuscation }, extractURL(req))
}

const httpUrl = urlTag({})
const headers = { host: 'shop.example.com' }
const tls = { encrypted: true }

function http2(pseudo: Record<string, string>): Request {
  return { headers: pseudo, url: pseudo[':path'], stream: {} }
}

describe('http.url', () => {
  for (const [what, req, url] of [
    ['of a plain socket', { headers, url: '/a', socket: {} }, 'http://shop.example.com/a'],
    ['of a TLS socket', { headers, url: '/a', socket: tls }, 'https://shop.example.com/a'],
    ['of no socket any more', { headers, url: '/a', socket: null }, 'http://shop.example.com/a'],
    ['with a port', { headers: { host: 'localhost:3000' }, url: '/' }, 'http://localhost:3000/'],
    ['of an IPv6 host', { headers: { host: '[::1]:3000' }, url: '/' }, 'http://[::1]:3000/'],
    ['of a host with an underscore', { headers: { host: 'my_shop' }, url: '/' }, 'http://my_shop/'],
    ['below a mount point', { headers, url: '/b', originalUrl: '/a/b?x=1' }, 'http://shop.example.com/a/b?x=1'],
    ['of an empty originalUrl', { headers, url: '/b', originalUrl: '' }, 'http://shop.example.com/b'],
    ['with two slashes', { headers, url: '//evil.example/a' }, 'http://shop.example.com//evil.example/a'],
    ['with an @ in the path', { headers, url: '/@bob/x:y@z' }, 'http://shop.example.com/@bob/x:y@z'],
    ['with a query', { headers, url: '/a?page=2' }, 'http://shop.example.com/a?page=2'],
    ['with two question marks', { headers, url: '/a?b=1?c=2' }, 'http://shop.example.com/a?b=1?c=2'],
    [
      'behind a proxy, which has no say in the scheme',
      { headers: { ...headers, 'x-forwarded-proto': 'https' }, url: '/a' },
      'http://shop.example.com/a',
    ],
    [
      'of HTTP/2',
      http2({ ':scheme': 'https', ':authority': 'shop.example.com', ':path': '/a?b=1' }),
      'https://shop.example.com/a?b=1',
    ],
    [
      'of cleartext HTTP/2',
      http2({ ':scheme': 'http', ':authority': 'localhost:80', ':path': '/' }),
      'http://localhost:80/',
    ],
  ] as [string, Request, string][]) {
    it(`${what} is ${url}, as dd-trace has it`, () => {
      assert.equal(httpUrl(req), url)
      assert.equal(ddTrace(req), url)
    })
  }

  for (const [why, req, theirs, ours] of [
    [
      'no userinfo of a target in absolute form, and one host',
      { headers, url: 'http://user:pass@other.example/a?b=1' },
      'http://shop.example.comhttp://user:pass@other.example/a?b=1',
      'http://other.example/a?b=1',
    ],
    [
      'an absolute target without a path',
      { headers, url: 'http://other.example?token=x' },
      'http://shop.example.comhttp://other.example?<redacted>',
      'http://other.example?token=<redacted>',
    ],
    [
      'a scheme that nobody spoke',
      { headers, url: 'ftp://user@other.example/a', socket: tls },
      'https://shop.example.comftp://user@other.example/a',
      'https://other.example/a',
    ],
    [
      'an authority that is none',
      { headers, url: 'http://user:pass@/a' },
      'http://shop.example.comhttp://user:pass@/a',
      'http://shop.example.com/a',
    ],
    ['OPTIONS *', { headers, url: '*' }, 'http://shop.example.com*', 'http://shop.example.com'],
    ['no host', { headers: {}, url: '/a' }, 'http://undefined/a', 'http://localhost/a'],
    [
      'a host with userinfo',
      { headers: { host: 'user:pass@shop' }, url: '/a' },
      'http://user:pass@shop/a',
      'http://localhost/a',
    ],
    ['a host with a path', { headers: { host: 'a/b?c' }, url: '/a' }, 'http://a/b?c/a', 'http://localhost/a'],
    [
      'a readable key',
      { headers, url: '/a?token=x' },
      'http://shop.example.com/a?<redacted>',
      'http://shop.example.com/a?token=<redacted>',
    ],
    ['an empty query', { headers, url: '/a?' }, 'http://shop.example.com/a?', 'http://shop.example.com/a'],
    [
      'HTTP/2 with a made-up scheme',
      http2({ ':scheme': 'javascript', ':authority': 'shop', ':path': '/a' }),
      'javascript://shop/a',
      'http://shop/a',
    ],
    [
      'HTTP/2 with a Host header instead of an authority',
      http2({ ':scheme': 'https', host: 'shop', ':path': '/a' }),
      'https://undefined/a',
      'https://shop/a',
    ],
  ] as [string, Request, string, string][]) {
    it(`differs from dd-trace: ${why}`, () => {
      assert.equal(ddTrace(req), theirs)
      assert.equal(httpUrl(req), ours)
    })
  }

  it('loses its query where that is dropped', () => {
    const env = { DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: '.*' }
    assert.equal(urlTag(env)({ headers, url: '/a?b=1' }), 'http://shop.example.com/a')
  })

  it('is at most 8 kB long, and shows no half of a secret at the cut', () => {
    const secret = `ghp_${'a'.repeat(36)}`
    for (let filler = 8100; filler < 8200; filler++) {
      const url = httpUrl({ headers, url: `/a?a=${'x'.repeat(filler)}&x=${secret}` })
      assert.ok(url.length <= 8192, `${url.length}`)
      assert.ok(!url.includes('ghp_'), url.slice(-60))
    }
    assert.equal(httpUrl({ headers, url: `/${'x'.repeat(20_000)}?token=x` }).length, 8192)
    assert.equal(httpUrl({ headers: { host: 'x'.repeat(300) }, url: '/' }), 'http://localhost/')
  })

  it('is a URL for any target', () => {
    for (const url of [
      undefined,
      '',
      '?',
      '??',
      '%',
      'x',
      '/%ff?%',
      'http:',
      'http://',
      '://',
      '@',
      '\ud800',
      'a'.repeat(70_000),
    ]) {
      for (const host of [undefined, '', '@', ':', '[', '[]', 'a:b', 'a b', 'a\nb', '%00']) {
        assert.match(httpUrl({ headers: { host }, url }), /^http:\/\/[^@\s]/)
      }
    }
    for (const url of [1, {}, [], null]) assert.equal(httpUrl({ headers, url } as never), 'http://shop.example.com')
  })
})
