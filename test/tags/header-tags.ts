import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { headerTags } from '../../src/tags/header-tags'

const web = require('dd-trace/packages/dd-trace/src/plugins/util/web.js')
const { parsers, transformers } = require('dd-trace/packages/dd-trace/src/config/parsers.js')

type Headers = Record<string, string | string[] | number>

function tagsOf(option: readonly string[] | undefined, env: NodeJS.ProcessEnv, request: Headers, response: Headers) {
  const tags: Record<string, string | number> = {}
  const set = (tag: string, value: string | number) => {
    tags[tag] = value
  }
  const reader = headerTags(option, env)
  reader?.request(request as never, set)
  reader?.response(name => response[name], set)
  return tags
}

/** The names as dd-trace reads them from its variable, and the tags as its addRequestHeaders and addResponseHeaders name them. */
function ddTrace(variable: string, request: Headers, response: Headers) {
  const headers = transformers.stripColonWhitespace(parsers.ARRAY(variable, 'DD_TRACE_HEADER_TAGS'))
  const tags: Record<string, unknown> = {}
  for (const [key, tag] of web.normalizeConfig({ headers }).headers) {
    if (request[key]) tags[tag || `http.request.headers.${key}`] = request[key]
    if (response[key]) tags[tag || `http.response.headers.${key}`] = response[key]
  }
  return tags
}

describe('headerTags', () => {
  it('makes no tags by default', () => {
    assert.equal(headerTags(undefined, {}), undefined)
    assert.equal(headerTags([], {}), undefined)
    assert.equal(headerTags(undefined, { DD_TRACE_HEADER_TAGS: ' , ' }), undefined)
  })

  it('names the tag by direction and header, or as told', () => {
    assert.deepEqual(tagsOf(['x-team', 'x-plan:plan'], {}, { 'x-team': 'a', 'x-plan': 'pro' }, { 'x-team': 'b' }), {
      'http.request.headers.x-team': 'a',
      'http.response.headers.x-team': 'b',
      plan: 'pro',
    })
  })

  const request = { 'x-team': 'a', 'x-plan': 'pro', 'x_under.score': 'u', 'content-length': '0', empty: '' }
  const response = { 'x-team': 'b', 'content-length': 12, zero: 0 }
  for (const variable of [
    'x-team',
    'X-Team',
    'x-team,x-plan:plan',
    ' X-Team , X-Plan : plan ',
    'X-Plan:Plan.Name',
    'x-plan:',
    'x-plan:a:b',
    'x_under.score',
    'content-length',
    'empty,zero,absent',
    ',,x-team,',
    'no such header',
    '__proto__,constructor',
  ]) {
    it(`reads DD_TRACE_HEADER_TAGS=${JSON.stringify(variable)} as dd-trace does`, () => {
      const ours = tagsOf(undefined, { DD_TRACE_HEADER_TAGS: variable }, request, response)
      const theirs = ddTrace(variable, request, response)
      // dd-trace sets these two, to functions and objects of Object.prototype, and loses them at export.
      delete theirs['http.request.headers.__proto__']
      for (const [tag, value] of Object.entries(theirs)) {
        if (typeof value === 'function' || typeof value === 'object') delete theirs[tag]
      }
      assert.deepEqual(ours, theirs)
    })
  }

  it('lets the option win over the variable, also an empty one', () => {
    const env = { DD_TRACE_HEADER_TAGS: 'x-plan' }
    assert.deepEqual(Object.keys(tagsOf(['x-team'], env, request, {})), ['http.request.headers.x-team'])
    assert.deepEqual(tagsOf([], env, request, {}), {})
  })

  it('joins a header that was set several times, where dd-trace loses it at export', () => {
    const response = { 'set-cookie': ['a=1', 'b=2'] }
    assert.deepEqual(tagsOf(['set-cookie'], {}, {}, response), { 'http.response.headers.set-cookie': 'a=1, b=2' })
  })

  it('cuts what it writes at 8 kB', () => {
    const long = 'x'.repeat(10_000)
    const tags = tagsOf(['a', 'b'], {}, { a: long }, { b: Array(100_000).fill('item') })
    for (const value of Object.values(tags)) assert.equal(String(value).length, 8192)
  })

  for (const [option, sentence] of [
    ['x-team', "Expected `headers` to be an array of header names, got 'x-team' (string). "],
    [{ 'x-team': true }, "Expected `headers` to be an array of header names, got { 'x-team': true } (object). "],
    [null, 'Expected `headers` to be an array of header names, got null. '],
    [['x-team', 7], 'Expected `headers[1]` to be a header name or `name:tag`, got 7 (number). '],
    [[undefined], 'Expected `headers[0]` to be a header name or `name:tag`, got undefined. '],
    [[''], "Expected `headers[0]` to be a header name or `name:tag`, got '' (string). "],
    [['x-plan:'], "Expected `headers[0]` to be a header name or `name:tag`, got 'x-plan:' (string). "],
    [[':plan'], "Expected `headers[0]` to be a header name or `name:tag`, got ':plan' (string). "],
    [['x-plan:a:b'], "Expected `headers[0]` to be a header name or `name:tag`, got 'x-plan:a:b' (string). "],
    [['x team'], "Expected `headers[0]` to be a header name or `name:tag`, got 'x team' (string). "],
  ] as const) {
    it(`says at start-up what is wrong with headers: ${JSON.stringify(option)}`, () => {
      assert.throws(() => headerTags(option as never, {}), {
        name: 'TypeError',
        message: `${sentence}Type \`headers: ['x-team', 'x-plan:plan']\` instead.`,
      })
    })
  }
})
