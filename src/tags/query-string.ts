import { maxTagLength } from './bounded'
import { isOn, listOf } from './env'

/** Takes the query of a URL without its `?`. Returns the part that may be on a span: `''` for nothing. */
export type QueryRedactor = (query: string) => string

const redacted = '<redacted>'

/**
 * Makes the function that removes from a query string the parts that a span must not show. Datadog's variables decide; the first of
 * these that is set counts:
 *
 * - `DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED=true`: shows nothing.
 * - `DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST_SERVER`, or without `_SERVER`: shows only the pairs whose keys are in the list. dd-trace for
 *   Go has these two variables; dd-trace for Node does not.
 * - `DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP`: its matches become `<redacted>`. Empty redacts nothing; `.*`, or an
 *   expression that does not compile, shows nothing.
 *
 * @default a secret is found by its key or its form, and its key stays: `page=2&token=<redacted>`
 */
export function queryRedactor(env: NodeJS.ProcessEnv): QueryRedactor {
  if (isOn(env.DD_TRACE_HTTP_URL_QUERY_STRING_DISABLED)) return showNothing
  const allowed = env.DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST_SERVER || env.DD_TRACE_HTTP_URL_QUERY_STRING_ALLOWLIST
  if (allowed) return onlyKeys(new Set(listOf(allowed)))
  const expression = env.DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP
  return expression === undefined ? withinTag(redactSecrets) : byExpression(expression)
}

function showNothing(): string {
  return ''
}

function showAll(query: string): string {
  return query
}

function onlyKeys(allowed: ReadonlySet<string>): QueryRedactor {
  return query =>
    query
      .split('&')
      .filter(pair => allowed.has(keyOfPair(pair)))
      .join('&')
}

function keyOfPair(pair: string): string {
  const equals = pair.indexOf('=')
  return equals === -1 ? pair : pair.slice(0, equals)
}

function byExpression(expression: string): QueryRedactor {
  if (expression === '') return showAll
  if (expression === '.*') return showNothing
  try {
    const pattern = new RegExp(expression, 'gi')
    return withinTag(query => query.replace(pattern, redacted))
  } catch {
    return showNothing
  }
}

/**
 * Cuts the query to the length of a tag before it is redacted, because redaction takes time in proportion to the length. The cut is
 * between two pairs, because half a secret would not be recognised.
 */
function withinTag(redact: QueryRedactor): QueryRedactor {
  return query => {
    if (query.length <= maxTagLength) return redact(query)
    return `${redact(query.slice(0, query.lastIndexOf('&', maxTagLength) + 1))}...`
  }
}

/** Goes from secret to secret and replaces the rest of each pair. Every expression below runs in linear time. */
function redactSecrets(query: string): string {
  let nextByForm = nextSecretByForm(query, 0)
  if (nextByForm === query.length && !mayNameSecret(query)) return query
  let visible = ''
  let copied = 0
  while (copied < query.length) {
    const secret = nextSecretByKey(query, copied, nextByForm)
    if (secret === query.length) break
    visible += query.slice(copied, secret) + redacted
    copied = endOfSecret(query, secret)
    if (nextByForm < copied) nextByForm = nextSecretByForm(query, copied)
  }
  return copied === 0 ? query : visible + query.slice(copied)
}

/** Where the next secret begins that is recognised by its form; the length of the query if there is none. */
function nextSecretByForm(query: string, from: number): number {
  secretValue.lastIndex = from
  return secretValue.exec(query)?.index ?? query.length
}

/** Where the next secret begins that is recognised by its key; `to` if there is none before. */
function nextSecretByKey(query: string, from: number, to: number): number {
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

/** Whether a character is one of `=` `%` `"` `'` `&` `?` `/` `;` `,`. Most are not, and then no expression has to run. */
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
 * The separator of a key and its value: `=`, also escaped any number of times as in `%3D` (a URL inside a URL), and the colon after a
 * quoted name (JSON).
 */
const assignment = /=|%(?:25)*3d|(?:"|'|%22|%27)(?:\s|\+|%20)*(?::|%3a)/iy

/** The separator of two pairs, also in a URL inside a URL. */
const separator = /[&?/;,]|%(?:25)*(?:26|2c|2f|3b|3f)/iy

/** A quick test: most queries have no word that names a secret, and nothing that must be unescaped first. */
function mayNameSecret(query: string): boolean {
  return spelledOtherwise.test(query) || secretKey.test(query)
}

/** Whether a key names a secret, as it is or unescaped. The words of camelCase are separated: `accessToken` has the word `token`. */
function isSecretKey(key: string): boolean {
  if (secretKey.test(key)) return true
  return spelledOtherwise.test(key) && secretKey.test(unescaped(key).replace(camelHump, '$1_$2'))
}

/** Does not use `decodeURIComponent`, which throws on `%` and `%ff`. Only ASCII letters matter here. */
function unescaped(key: string): string {
  return key.includes('%')
    ? key.replace(escapedByte, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : key
}

const spelledOtherwise = /%|[a-z\d][A-Z]/
const escapedByte = /%(?:25)*([\da-f]{2})/gi
const camelHump = /([a-z\d])([A-Z])/g

/** Where a secret ends: at the end of its pair, but a quoted value at its closing quote, and a private key at the end of the query. */
function endOfSecret(query: string, secret: number): number {
  let from = secret
  let end = endOfPair(query, from)
  while (end < query.length) {
    const part = query.slice(from, end)
    if (privateKey.test(part)) return query.length
    if (!unclosedQuote.test(part)) return end
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

/** A key that contains one of these names a secret, also directly after other letters: `old_password`, `mytoken`, `jsessionid`. */
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

/** A key that has one of these as a whole word names a secret: `card_number` does, `discard` does not. */
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

/**
 * A key that ends with one of these names a secret: `basic_auth` and `user[pass]` do; `auth_method` and words such as `compass` do
 * not.
 */
const lastWords = [
  'auth',
  'pass(?<!(?<![a-z])(?:by|com|over|sur|tres|under)....)',
  'sign(?<!(?<![a-z])(?:re)?(?:as|co|con|de|en|re|un)....)(?:ed)?',
]

/** A key that is exactly one of these names a secret: an OAuth `code`, the `se` of an Azure signature. `zip_code` does not. */
const wholeNames = ['code', 'se']

const secretKey = new RegExp(
  [
    `(?:${secretWords.join('|')}|(?<![a-z])(?:${wholeWords.join('|')}))(?![a-rt-z]|s[a-z])`,
    `(?:${lastWords.join('|')}|(?<![\\w-])(?:${wholeNames.join('|')}))(?![\\w-])`,
  ].join('|'),
  'i',
)

/** A value of one of these forms is a secret under any key. The numbers are the documented lengths of these tokens. */
const secretValue = new RegExp(
  [
    'bearer(?:\\s|\\+|%20)+[\\w.-]',
    'token(?::|%3a)[a-z\\d]{13}',
    'gh[oprsu]_[a-z\\d]{36}|github_pat_\\w{22}',
    'A[KS]IA(?<![a-z\\d]....)[A-Z\\d]{16}|AIza[\\w-]{35}|xox[abeprs]-\\w{10}|[rs]k_live_\\w{16}|glpat-[\\w-]{20}',
    // A JSON web token: two base64 texts that begin with `{"`. The look-behind excludes `monkeyIsland.eyLid`.
    'ey[I-L](?<=(?:^|[^\\w%-]|%[\\da-f]{2})...)[\\w-]+(?:=|%3d)*\\.ey[I-L][\\w-]',
    privateKey.source,
    '(?:ssh-(?:dss|ed25519|rsa)|ecdsa-[a-z\\d]+-[a-z\\d]+)(?:\\s|\\+|%20|%09)+[a-z\\d/.+%]{40}',
  ].join('|'),
  'gi',
)
