import { maxTagLength } from './bounded'
import { isOn, listOf } from './env'

/** Takes the query of a URL, without its `?`, and gives what may be seen of it: `''` for nothing. */
export type QueryRedactor = (query: string) => string

const redacted = '<redacted>'

/**
 * What a span may show of a query string, by Datadog's variables, first match first:
 *
 * - `DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED=true`: nothing.
 * - `DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST_SERVER`, or without `_SERVER`: only the keys of that list, as they came. Go has
 *   these two; dd-trace for Node does not.
 * - `DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP`: its matches become `<redacted>`. Empty redacts nothing; `.*`, or an
 *   expression that does not compile, shows nothing.
 *
 * @default secrets are found by their key, or by what they look like, and the key stays: `page=2&token=<redacted>`
 */
export function queryRedactor(env: NodeJS.ProcessEnv): QueryRedactor {
  if (isOn(env.DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED)) return dropped
  const allowed = env.DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST_SERVER || env.DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST
  if (allowed) return onlyKeys(new Set(listOf(allowed)))
  const expression = env.DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP
  return expression === undefined ? withinTag(redactSecrets) : byExpression(expression)
}

function dropped(): string {
  return ''
}

function untouched(query: string): string {
  return query
}

function onlyKeys(allowed: ReadonlySet<string>): QueryRedactor {
  return query =>
    query
      .split('&')
      .filter(pair => allowed.has(keyOf(pair)))
      .join('&')
}

function keyOf(pair: string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? pair : pair.slice(0, equals)
}

function byExpression(expression: string): QueryRedactor {
  if (expression === '') return untouched
  if (expression === '.*') return dropped
  try {
    const pattern = new RegExp(expression, 'gi')
    return withinTag(query => query.replace(pattern, redacted))
  } catch {
    return dropped
  }
}

/**
 * Cut first, since redaction costs by the length, and between two pairs, since half a secret is not recognised as one. No more
 * fits on a span.
 */
function withinTag(redact: QueryRedactor): QueryRedactor {
  return query => {
    if (query.length <= maxTagLength) return redact(query)
    return `${redact(query.slice(0, query.lastIndexOf('&', maxTagLength) + 1))}...`
  }
}

/** From secret to secret; each takes the rest of its pair. Every expression below runs in linear time. */
function redactSecrets(query: string): string {
  let recognised = nextRecognised(query, 0)
  if (recognised === query.length && !mayNameSecret(query)) return query
  let shown = ''
  let copied = 0
  while (copied < query.length) {
    const secret = nextAssigned(query, copied, recognised)
    if (secret === query.length) break
    shown += query.slice(copied, secret) + redacted
    copied = endOfSecret(query, secret)
    if (recognised < copied) recognised = nextRecognised(query, copied)
  }
  return copied === 0 ? query : shown + query.slice(copied)
}

/** Where the next value begins that looks like a secret; the length of the query when there is none. */
function nextRecognised(query: string, from: number): number {
  secretValue.lastIndex = from
  return secretValue.exec(query)?.index ?? query.length
}

/** Where the next value begins whose key says that it is a secret; `to` when there is none before. */
function nextAssigned(query: string, from: number, to: number): number {
  let key = from
  for (let at = from; at < to; at++) {
    if (!mayEndName(query.charCodeAt(at))) continue
    assignment.lastIndex = at
    separator.lastIndex = at
    if (assignment.test(query)) {
      const value = assignment.lastIndex
      if (isSecretKey(query.slice(key, at)) && hasValue(query, value)) return value
      key = value
      at = value - 1
    } else if (separator.test(query)) {
      key = at
    }
  }
  return to
}

function hasValue(query: string, at: number): boolean {
  return at < query.length && query.charCodeAt(at) !== ampersand
}

const ampersand = 38

/** One of `=` `%` `"` `'` `&` `?` `/` `;` and `,`: most characters are none, and need no expression. */
function mayEndName(unit: number): boolean {
  switch (unit) {
    case 34:
    case 37:
    case 38:
    case 39:
    case 44:
    case 47:
    case 59:
    case 61:
    case 63:
      return true
    default:
      return false
  }
}

/**
 * What gives a key its value: `=`, and inside of a value also `%3D` (a URL in a URL, however often it was escaped) and the
 * colon behind a quoted name (JSON).
 */
const assignment = /=|%(?:25)*3d|(?:"|'|%22|%27)(?:\s|\+|%20)*(?::|%3a)/iy

/** What stands before the next key, also in a URL in a URL. */
const separator = /[&?/;,]|%(?:25)*(?:26|2c|2f|3b|3f)/iy

/** Most queries end here: no such word in them, and nothing that would have to be spelled out first. */
function mayNameSecret(query: string): boolean {
  return spelledOtherwise.test(query) || secretKey.test(query)
}

/** As it stands, and as the application will read it: unescaped, and the words of camelCase apart. */
function isSecretKey(key: string): boolean {
  if (secretKey.test(key)) return true
  return spelledOtherwise.test(key) && secretKey.test(unescaped(key).replace(camelHump, '$1_$2'))
}

/** No `decodeURIComponent`: it throws on `%` and `%ff`, and only ASCII letters matter here. */
function unescaped(key: string): string {
  return key.includes('%')
    ? key.replace(escapedByte, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : key
}

const spelledOtherwise = /%|[a-z\d][A-Z]/
const escapedByte = /%(?:25)*([\da-f]{2})/gi
const camelHump = /([a-z\d])([A-Z])/g

/** At the end of its pair. But a quoted value reaches to its closing quote, a private key to wherever it likes: no `&` ends them. */
function endOfSecret(query: string, secret: number): number {
  let from = secret
  let end = endOfPair(query, from)
  while (end < query.length) {
    const hidden = query.slice(from, end)
    if (privateKey.test(hidden)) return query.length
    if (!unclosedQuote.test(hidden)) return end
    quote.lastIndex = end
    if (!quote.test(query)) return end
    from = quote.lastIndex
    end = endOfPair(query, from)
  }
  return end
}

function endOfPair(query: string, from: number): number {
  const end = query.indexOf('&', from)
  return end === -1 ? query.length : end
}

const privateKey = /-{5}BEGIN[^-]*PRIVATE/i
const unclosedQuote = /(?:^|(?:"|%22)(?:\s|%20)*(?::|%3a))(?:\s|%20)*(?:"|%22)(?:(?!%22)[^"])*$/i
const quote = /"|%22/g

/** Secret wherever they stand in a key, also glued to what is before them: `old_password`, `mytoken`, `jsessionid`. */
const secretWords = [
  'p(?:ass)?w(?:or)?d',
  'pass[-_]?(?:phrase|code|key)',
  'secret',
  'token',
  'credential',
  'signature',
  'authentication',
  'authorization',
  '(?:api|app|application|access|account|client|consumer|encryption|master|private|public|secret|shared)[-_]?key(?:[-_]?id)?',
  'consumer[-_]?id',
  'access[-_]?id',
  'key[-_]?pair[-_]?id',
  'sess(?:ion)?[-_]?id',
  'saml[-_]?(?:request|response)',
  'e[-_]?mail',
  '(?:credit|debit)[-_]?card',
  '(?:access|auth|authorization|device|invite|login|mfa|otp|reset|security|sms|user|verification)[-_]?code',
  'code[-_]?(?:challenge|verifier)',
]

/** Secret as a word of the key, not as a part of one: `card_number`, but `discard` is none. */
const wholeWords = [
  'bearer',
  'card',
  'csrf',
  'cvc',
  'cvv',
  'iban',
  'jwt',
  'otp',
  'pin',
  'session',
  'sid',
  'sig',
  'ssn',
  'totp',
  'xsrf',
]

/** Secret at the end of a name: `basic_auth`, `user[pass]`; `auth_method` and these English words are not. */
const lastWords = [
  'auth',
  'pass(?<!(?<![a-z])(?:by|com|over|sur|tres|under)....)',
  'sign(?<!(?<![a-z])(?:re)?(?:as|co|con|de|en|re|un)....)(?:ed)?',
]

/** Secret as the whole name: an OAuth `code`, the `se` of an Azure signature; `zip_code` is none. */
const wholeNames = ['code', 'se']

const secretKey = new RegExp(
  [
    `(?:${secretWords.join('|')}|(?<![a-z])(?:${wholeWords.join('|')}))(?![a-rt-z]|s[a-z])`,
    `(?:${lastWords.join('|')}|(?<![\\w-])(?:${wholeNames.join('|')}))(?![\\w-])`,
  ].join('|'),
  'i',
)

/** Secret under any key. The numbers are the lengths that the makers of these tokens gave them. */
const secretValue = new RegExp(
  [
    'bearer(?:\\s|\\+|%20)+[\\w.-]',
    'token(?::|%3a)[a-z\\d]{13}',
    'gh[oprsu]_[a-z\\d]{36}|github_pat_\\w{22}',
    'A[KS]IA(?<![a-z\\d]....)[A-Z\\d]{16}|AIza[\\w-]{35}|xox[abeprs]-\\w{10}|[rs]k_live_\\w{16}|glpat-[\\w-]{20}',
    // A JSON web token: two base64 texts that begin with `{"`. What stands before them keeps `monkeyIsland.eyLid` out.
    'ey[I-L](?<=(?:^|[^\\w%-]|%[\\da-f]{2})...)[\\w-]+(?:=|%3d)*\\.ey[I-L][\\w-]',
    privateKey.source,
    '(?:ssh-(?:dss|ed25519|rsa)|ecdsa-[a-z\\d]+-[a-z\\d]+)(?:\\s|\\+|%20|%09)+[a-z\\d/.+%]{40}',
  ].join('|'),
  'gi',
)
