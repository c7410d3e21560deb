/**
 * What Datadog's log pipelines make of a line, as far as its link to a trace goes: the preprocessing of JSON logs, the rules of
 * its pipelines for `source:nodejs` and `source:go`.
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
  const attributes = preprocessed(line)
  const message = String(attributes.message ?? attributes.msg ?? attributes.log ?? '')
  return linkOf({ ...attributes, ...nodejsMessage(message) })
}

/** `source:go`: what its first two rules do not match is read as key=value pairs. */
export function go(line: string): Link {
  const attributes = preprocessed(line)
  const message = String(attributes.message ?? attributes.msg ?? '')
  return linkOf({ ...attributes, ...expanded(keyvalue(message)) })
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
    if (!key.startsWith('dd.')) result[key] = value
    else result.dd = { ...(result.dd as object), [key.slice(3)]: value }
  }
  return result
}

const ids = /^\[([\s\S]*?)dd\.trace_id=(\w+) dd\.span_id=(\w+)\]\s*([\s\S]*)$/
const log4js = /^\[\d{4}-\d\d-\d\dT[\d:.]+\]\s+\[\w+\] ([\s\S]*)$/

/** The first rule that matches: log4js's form, else JSON, each with or without the ids in front. */
function nodejsMessage(message: string): Attributes {
  const match = ids.exec(message)
  const prefix = match ? expanded({ ...keyvalue(match[1]), 'dd.trace_id': match[2], 'dd.span_id': match[3] }) : {}
  if (match && log4js.test(match[4])) return prefix
  const byLog4js = log4js.exec(message)
  if (byLog4js) return expanded(keyvalue(byLog4js[1]))
  const rest = match ? match[4] : message
  return rest.startsWith('{') ? { ...prefix, ...preprocessed(rest) } : prefix
}

function keyvalue(text: string): Attributes {
  const pairs: Attributes = {}
  for (const [, key, quoted, bare] of text.matchAll(/([\w.]+)=(?:"([^"]*)"|([^\s"[\]]+))/g)) {
    pairs[key] = quoted ?? (/^\d+$/.test(bare) ? Number(bare) : bare)
  }
  return pairs
}

function linkOf({ dd, trace_id, span_id }: Attributes): Link {
  const link = { trace_id, span_id, ...(dd as object) } as Attributes
  return Object.fromEntries(Object.entries(link).filter(([, value]) => typeof value === 'string')) as Link
}
