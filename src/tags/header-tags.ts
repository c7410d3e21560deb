import type { IncomingHttpHeaders } from 'node:http'
import { bounded, maxTagLength } from './bounded'
import { listOf } from './env'

type SetTag = (tag: string, value: string | number) => void

/** Writes the configured headers onto a span. */
export interface HeaderTags {
  /** What the client sent. */
  request(headers: IncomingHttpHeaders, set: SetTag): void
  /** What was answered; `getHeader` is the response's own. */
  response(getHeader: (name: string) => unknown, set: SetTag): void
}

interface HeaderTag {
  name: string
  requestTag: string
  responseTag: string
}

/** RFC 9110 5.6.2: what a header's name may consist of. */
const token = /^[!#$%&'*+.^_`|~\w-]+$/

export function isHeaderName(value: unknown): value is string {
  return typeof value === 'string' && token.test(value)
}

/**
 * Header tags in dd-trace's form: `'x-team'` becomes `http.request.headers.x-team` and `http.response.headers.x-team`,
 * `'x-plan:plan'` becomes `plan`. Every header is looked up in the request and in the response.
 *
 * @default `DD_TRACE_HEADER_TAGS`, a list separated by commas; the option wins over it, also an empty one
 * @throws TypeError when an item of the option is not of that form
 */
export function headerTags(option: readonly string[] | undefined, env: NodeJS.ProcessEnv): HeaderTags | undefined {
  const tags = option === undefined ? listOf(env.DD_TRACE_HEADER_TAGS).map(headerTag) : validated(option)
  if (tags.length === 0) return undefined
  return {
    request(headers, set) {
      for (const { name, requestTag } of tags) setHeaderTag(requestTag, headers[name], set)
    },
    response(getHeader, set) {
      for (const { name, responseTag } of tags) setHeaderTag(responseTag, getHeader(name), set)
    },
  }
}

/** The name in lower case, as Node spells headers, and otherwise as it was typed: dd-trace replaces nothing either. */
function headerTag(item: string): HeaderTag {
  const [name = '', tag] = item.split(':').map(part => part.trim())
  const key = name.toLowerCase()
  return {
    name: key,
    requestTag: tag || `http.request.headers.${key}`,
    responseTag: tag || `http.response.headers.${key}`,
  }
}

function setHeaderTag(tag: string, value: unknown, set: SetTag): void {
  if (typeof value === 'string') {
    if (value !== '') set(tag, bounded(value))
  } else if (typeof value === 'number') {
    if (value) set(tag, value)
  } else if (Array.isArray(value)) {
    const text = joined(value)
    if (text !== '') set(tag, bounded(text))
  }
}

/** Several `set-cookie` headers are an array. Joined no further than a tag reaches. */
function joined(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) {
    if (typeof value !== 'string' && typeof value !== 'number') continue
    text += text === '' ? value : `, ${value}`
    if (text.length > maxTagLength) break
  }
  return text
}

function validated(option: unknown): HeaderTag[] {
  if (!Array.isArray(option)) {
    throw new TypeError(`Expected \`headers\` to be an array of header names, got ${shown(option)}. ${example}`)
  }
  return option.map((item, index) => {
    if (isHeaderTag(item)) return headerTag(item)
    throw new TypeError(
      `Expected \`headers[${index}]\` to be a header name or \`name:tag\`, got ${shown(item)}. ${example}`,
    )
  })
}

const example = "Type `headers: ['x-team', 'x-plan:plan']` instead."

function isHeaderTag(item: unknown): item is string {
  if (typeof item !== 'string') return false
  const [name = '', tag, ...more] = item.split(':').map(part => part.trim())
  return isHeaderName(name) && tag !== '' && more.length === 0
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `\`${bounded(value, 80)}\``
  return value === null || value === undefined ? `\`${value}\`` : `a value of type \`${typeof value}\``
}
