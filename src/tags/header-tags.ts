import type { IncomingHttpHeaders } from 'node:http'
import { describe } from '../warnings/describe'
import { bounded, maxTagLength } from './bounded'
import { listOf } from './env'

type SetTag = (tag: string, value: string | number) => void

/** Writes the configured headers onto a span. */
export interface HeaderTags {
  /** Writes the tags of the request's headers. */
  request(headers: IncomingHttpHeaders, set: SetTag): void
  /** Writes the tags of the response's headers. */
  response(getHeader: (name: string) => unknown, set: SetTag): void
}

interface HeaderTag {
  name: string
  requestTag: string
  responseTag: string
}

/** The characters of a header's name (RFC 9110 5.6.2). */
const token = /^[!#$%&'*+.^_`|~\w-]+$/

export function isHeaderName(value: unknown): value is string {
  return typeof value === 'string' && token.test(value)
}

/**
 * Reads which headers become tags. `'x-team'` becomes `http.request.headers.x-team` and `http.response.headers.x-team`;
 * `'x-plan:plan'` becomes `plan`. Each header is read from the request and from the response, as in dd-trace.
 *
 * @param option replaces the variable `DD_TRACE_HEADER_TAGS`, even if it is empty
 * @throws TypeError if an item of the option does not have that form
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

/** The name in lower case, as Node spells headers. Other characters stay as they are, as in dd-trace. */
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

/** Joins an array, such as several `set-cookie` headers. It stops when the text is longer than a tag. */
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
    throw new TypeError(`Expected \`headers\` to be an array of header names, got ${describe(option)}. ${example}`)
  }
  return option.map((item, index) => {
    if (isHeaderTag(item)) return headerTag(item)
    throw new TypeError(
      `Expected \`headers[${index}]\` to be a header name or \`name:tag\`, got ${describe(item)}. ${example}`,
    )
  })
}

const example = "Type `headers: ['x-team', 'x-plan:plan']` instead."

function isHeaderTag(item: unknown): item is string {
  if (typeof item !== 'string') return false
  const [name = '', tag, ...more] = item.split(':').map(part => part.trim())
  return isHeaderName(name) && tag !== '' && more.length === 0
}
