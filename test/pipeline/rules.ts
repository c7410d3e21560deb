/**
 * What Datadog's log pipelines make of a line, as far as its ids, service, level and time go: the preprocessing of JSON logs, the
 * rules of its pipelines for `source:nodejs` and `source:go`, and your own grok rule.
 */

type Attributes = { [key: string]: unknown }

/** The trace id and span id that a line is linked by, where they are strings: Datadog links by no number. */
export interface Link {
  trace_id?: string
  span_id?: string
  service?: string
  env?: string
  version?: string
}

/** `source:nodejs`: JSON is read as it is, then the message is parsed, in a JSON line too. */
export function nodejs(line: string): Link {
  return linkOf(nodejsAttributes(line))
}

/** What `source:nodejs` takes for the level, time and service of a line. */
export function nodejsReads(line: string): { level: unknown; time: unknown; service: unknown } {
  const { status, severity, level, http, bunyan_level, time, service, dd, ...others } = nodejsAttributes(line)
  const { status_category, status_code } = { ...(http as Attributes) }
  return {
    level: status ?? severity ?? status_category ?? status_code ?? bunyan_level ?? level,
    time: others['@timestamp'] ?? others.timestamp ?? others.eventTime ?? others.date ?? time,
    service: service ?? (dd as Attributes)?.service,
  }
}

/** `source:go`: what its first two rules do not match is read as key=value pairs. */
export function go(line: string): Link {
  const attributes = preprocessed(line)
  const message = String(attributes.message ?? attributes.msg ?? '')
  return linkOf({ ...attributes, ...expanded(keyvalue(message)) })
}

function nodejsAttributes(line: string): Attributes {
  const attributes = preprocessed(line)
  const message = String(attributes.message ?? attributes.msg ?? attributes.log ?? '')
  return { ...attributes, ...nodejsMessage(message) }
}

function preprocessed(line: string): Attributes {
  try {
    const record = JSON.parse(line)
    if (typeof record === 'object' && record !== null) return expanded(record)
  } catch {}
  return { message: line }
}

/** Dotted keys are paths. */
function expanded(record: Attributes): Attributes {
  const result: Attributes = {}
  for (const [key, value] of Object.entries(record)) {
    const [, object, rest] = /^(dd|http)\.(.*)/.exec(key) ?? []
    if (object) result[object] = { ...(result[object] as object), [rest]: value }
    else result[key] = value
  }
  return result
}

/** The dots are unescaped in Datadog's rules too: any character stands for one. */
const ids = /^\[(.*?)dd.trace_id=(\w+) dd.span_id=(\w+)\]\s*(.*)$/su
const log4js = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\]\s+\[(\w+)\] (.*)$/s
const morgan = /^(\w+) (\S+) (\d+) (?:-|\d+) - [\d.]+ m?s$/
const combined = /^\S+ \S+ \S+ \[[^\]]*\] "[^"]*" (\d+)/

/** The first rule that matches: log4js's form, morgan's two, else JSON. The first and the last may have the ids in front. */
function nodejsMessage(message: string): Attributes {
  const match = ids.exec(message)
  const prefix = match ? expanded({ ...keyvalue(match[1]), 'dd.trace_id': match[2], 'dd.span_id': match[3] }) : {}
  const rest = match ? match[4] : message
  const found = log4jsAttributes(rest)
  if (found) return merged(prefix, found)
  const whole = log4jsAttributes(message)
  if (whole) return whole
  const status = morgan.exec(message)?.[3] ?? combined.exec(message)?.[1]
  if (status) return { http: { status_code: status } }
  return rest.trimStart().startsWith('{') ? merged(prefix, preprocessed(rest)) : prefix
}

function log4jsAttributes(text: string): Attributes | undefined {
  const [, time, level, message] = log4js.exec(text) ?? []
  return level ? { time, level, ...expanded(keyvalue(message)) } : undefined
}

/** A pair of the text adds to the ids that are in front, or takes their place. */
function merged(prefix: Attributes, found: Attributes): Attributes {
  const dd = { ...(prefix.dd as object), ...(found.dd as object) }
  return { ...prefix, ...found, ...(Object.keys(dd).length && { dd }) }
}

function keyvalue(text: string): Attributes {
  const pairs: Attributes = {}
  for (const [, key, quoted, bare] of text.matchAll(/([\w.@-]+)=(?:"([^"]*)"|([^\s"[\]]+))/g)) {
    pairs[key] = quoted ?? (/^\d+$/.test(bare) ? Number(bare) : bare)
  }
  return pairs
}

function linkOf({ dd, trace_id, span_id }: Attributes): Link {
  const link = { trace_id, span_id, ...(dd as object) } as Attributes
  return Object.fromEntries(Object.entries(link).filter(([, value]) => typeof value === 'string')) as Link
}

/**
 * The grok rule that the documentation gives for lines with `${correlate()}` in them: each form of a line is one rule, and the
 * first that matches the whole line counts.
 */
export const correlateRule = String.raw`
ids_first [\[(]?(dd.service=%{data:dd.service} )?(dd.env=%{data:dd.env} )?(dd.version=%{data:dd.version} )?dd.trace_id="%{word:dd.trace_id}" dd.span_id="%{word:dd.span_id}"( dd.parent_id="%{word:dd.parent_id}")?[\])]?( %{data:message})?
ids_later %{data:message} [\[(]?(dd.service=%{data:dd.service} )?(dd.env=%{data:dd.env} )?(dd.version=%{data:dd.version} )?dd.trace_id="%{word:dd.trace_id}" dd.span_id="%{word:dd.span_id}"( dd.parent_id="%{word:dd.parent_id}")?[\])]?%{data}
`

const matchers: { [name: string]: string } = { data: '.*?', notSpace: '\\S+', word: '\\b\\w+\\b' }

/** What a grok rule takes out of a line. */
export function parseByRule(line: string, rule: string): { [field: string]: string | undefined } | undefined {
  for (const form of rule.trim().split('\n')) {
    const fields: string[] = []
    const pattern = form
      .slice(form.indexOf(' ') + 1)
      .replaceAll(/\((?=dd| dd| %)/g, '(?:')
      .replaceAll(/%\{(\w+)(?::([\w.]+))?\}/g, (_, matcher, field) => {
        if (field) fields.push(field)
        return field ? `(${matchers[matcher]})` : matchers[matcher]
      })
    const found = new RegExp(`^${pattern}$`, 's').exec(line)
    if (found) return Object.fromEntries(fields.map((field, index) => [field, found[index + 1]]))
  }
  return undefined
}
