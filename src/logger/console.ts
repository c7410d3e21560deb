import { format, inspect } from 'node:util'
import { readError } from '../tags/error-fields'
import type { DdFields } from '../tracer/dd-fields'
import { type BindLogger, claimDd, type Fields, inertMessage, type LineContext } from './fields'
import { toJson } from './json'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** A level of `consoleLogger()`, from the least to the most severe. */
export type ConsoleLevel = (typeof levels)[number]

/** Options of `consoleLogger()`. */
export interface ConsoleLoggerOptions {
  /**
   * `'json'`: one JSON object per line, which Datadog's Node pipeline (`source:nodejs`) reads without any custom rule.
   * `'text'`: a line for people, with the bracket prefix that the same pipeline parses.
   * @default 'json'
   */
  readonly format?: 'json' | 'text'
  /**
   * The least severe level that is written.
   * @default 'info'
   */
  readonly level?: ConsoleLevel
  /**
   * Where lines are written.
   * @default process.stdout
   */
  readonly stream?: { write(line: string): unknown }
}

type Write = (...args: unknown[]) => void

const outsideRequests: LineContext = { dd: () => undefined, fields: undefined }

/**
 * A logger without a dependency. Each level takes a message with `util.format` arguments, fields and a message, or an Error
 * and a message.
 */
export class ConsoleLogger {
  /** The least severe level that is written; may be changed at any time. */
  level: ConsoleLevel
  declare readonly trace: Write
  declare readonly debug: Write
  declare readonly info: Write
  declare readonly warn: Write
  declare readonly error: Write
  declare readonly fatal: Write
  readonly #text: boolean
  readonly #stream: { write(line: string): unknown }
  readonly #bindings: Fields | undefined
  readonly #context: LineContext

  constructor(options: ConsoleLoggerOptions, bindings?: Fields, context: LineContext = outsideRequests) {
    this.level = options.level ?? 'info'
    this.#text = options.format === 'text'
    this.#stream = options.stream ?? process.stdout
    this.#bindings = bindings
    this.#context = context
  }

  /** A logger with more fields on every line. */
  child(fields: Fields): ConsoleLogger {
    return this.#with({ ...this.#bindings, ...fields }, this.#context)
  }

  /** The same logger for the lines of one request. */
  inRequest(context: LineContext): ConsoleLogger {
    return this.#with(this.#bindings, context)
  }

  isLevelEnabled(level: ConsoleLevel): boolean {
    return levels.indexOf(level) >= levels.indexOf(this.level)
  }

  /** @internal */
  write(level: ConsoleLevel, args: unknown[]): void {
    if (!this.isLevelEnabled(level)) return
    const { message, fields, error } = readArguments(args)
    const record = { ...this.#context.fields, ...this.#bindings, ...fields }
    const dd = claimDd(record, this.#context)
    const print = this.#text ? textLine : jsonLine
    this.#stream.write(`${print(level, message, record, error, dd)}\n`)
  }

  #with(bindings: Fields | undefined, context: LineContext): ConsoleLogger {
    const options = { level: this.level, format: this.#text ? 'text' : 'json', stream: this.#stream } as const
    return new ConsoleLogger(options, bindings, context)
  }
}

for (const level of levels) {
  Object.defineProperty(ConsoleLogger.prototype, level, {
    value(this: ConsoleLogger, ...args: unknown[]) {
      this.write(level, args)
    },
  })
}

/**
 * A logger that writes lines which Datadog understands as they are, without any other package.
 *
 * @throws TypeError for an option that it does not know
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): ConsoleLogger {
  const { format: form = 'json', level = 'info', stream: _, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown) {
    throw new TypeError(`consoleLogger does not know the option \`${unknown}\`. Known are format, level, stream.`)
  }
  if (form !== 'json' && form !== 'text') {
    throw new TypeError(`Expected \`format\` of consoleLogger to be 'json' or 'text', got ${inspect(form)}.`)
  }
  if (!levels.includes(level)) {
    throw new TypeError(`Expected \`level\` of consoleLogger to be one of ${levels.join(', ')}, got ${inspect(level)}.`)
  }
  return new ConsoleLogger(options)
}

/** Whether a logger is `consoleLogger()`'s, another copy's too. */
export function isConsoleLogger(logger: object): logger is ConsoleLogger {
  return 'inRequest' in logger && 'isLevelEnabled' in logger
}

export function bindConsole(logger: ConsoleLogger): BindLogger {
  return context => logger.inRequest(context)
}

interface Line {
  message: string
  fields?: Fields
  error?: unknown
}

function readArguments([first, ...rest]: unknown[]): Line {
  if (first instanceof Error) return { message: rest.length ? format(...rest) : readError(first).message, error: first }
  if (typeof first !== 'object' || first === null) return { message: format(first, ...rest) }
  const { err, error = err, ...fields } = first as Fields
  if (!(error instanceof Error)) return { message: format(...rest), fields: first as Fields }
  return { message: rest.length ? format(...rest) : readError(error).message, fields, error }
}

type Print = (level: ConsoleLevel, message: string, record: Fields, error: unknown, dd: DdFields | undefined) => string

const reserved = ['timestamp', 'level', 'message', 'error'] as const

/** The attributes that Datadog's log intake reads from JSON without a rule: timestamp, level, message, dd, error.kind. */
const jsonLine: Print = (level, message, record, error, dd) => {
  for (const key of reserved) moveAside(record, key)
  const line = { timestamp: new Date().toISOString(), level, message: inertMessage(message), ...record, dd }
  return escapeBreaks(toJson(error ? { ...line, error: errorAttributes(error) } : line))
}

function moveAside(record: Fields, key: string): void {
  if (!Object.hasOwn(record, key) || (key === 'error' && typeof record.error !== 'object')) return
  record[`_${key}`] = record[key]
  delete record[key]
}

function errorAttributes(error: unknown): Fields {
  const { type, message, stack } = readError(error)
  return { kind: type, message, stack }
}

/** `[dd.service=… … dd.trace_id=… dd.span_id=…] time LEVEL message`: the only text that Datadog's Node pipeline links. */
const textLine: Print = (level, message, record, error, dd) => {
  const shown = error ? { ...record, error: readError(error).stack } : record
  const tail = Object.keys(shown).length ? ` ${toJson(shown)}` : ''
  return `${prefix(dd)}${new Date().toISOString()} ${level.toUpperCase()} ${visible(message + tail)}`
}

function prefix(dd: DdFields | undefined): string {
  if (!dd?.trace_id) return ''
  const parts = (['service', 'env', 'version', 'trace_id', 'span_id'] as const).filter(key => dd[key])
  return `[${parts.map(key => `dd.${key}=${String(dd[key]).replace(/[\s[\]=]/g, '_')}`).join(' ')}] `
}

const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON leaves C1 controls and U+2028 as they are, and some readers break a line there. */
const escapeBreaks = (json: string) => json.replace(unsafe, escaped)

/** One line, whatever the text: a break in it would start a line of its own. */
const visible = (text: string) => text.replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(unsafe, escaped)
