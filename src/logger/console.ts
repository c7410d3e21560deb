import { format, inspect, types } from 'node:util'
import { readError } from '../tags/error-fields'
import type { DdFields } from '../tracer/dd-fields'
import {
  type BindLogger,
  claimDd,
  copyFields,
  type Fields,
  heldFields,
  inertMessage,
  type LineContext,
  type Lines,
} from './fields'
import { toJson } from './json'
import { snapshot } from './request-lines'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** A level of `consoleLogger()`, from the least to the most severe. */
export type ConsoleLevel = (typeof levels)[number]

/** Options of `consoleLogger()`. */
export interface ConsoleLoggerOptions {
  /**
   * `'json'` writes one JSON object per line. Datadog's Node pipeline (`source:nodejs`) reads it without a custom rule.
   * `'text'` writes a line for people that the same pipeline reads: `[dd.service=… dd.trace_id=… dd.span_id=…] [time] [LEVEL] message`,
   * with the time in UTC. The pipeline also reads `key=value` pairs in the message. So after a key that decides something, such as
   * `level` or `dd.trace_id`, the `=` is printed as `\u003d`.
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

const isErrorLevel = (level: ConsoleLevel) => level === 'error' || level === 'fatal'

type Write = (...args: unknown[]) => void

const outsideRequests: LineContext = { dd: () => undefined, fields: undefined }

/**
 * A logger without a dependency. Each level method takes a message with `util.format` arguments, or fields and a message, or an
 * Error and a message.
 */
export class ConsoleLogger {
  declare readonly trace: Write
  declare readonly debug: Write
  declare readonly info: Write
  declare readonly warn: Write
  declare readonly error: Write
  declare readonly fatal: Write
  #level: ConsoleLevel = 'info'
  readonly #text: boolean
  readonly #stream: { write(line: string): unknown }
  readonly #bindings: Fields | undefined
  readonly #context: LineContext

  constructor(options: ConsoleLoggerOptions, bindings?: Fields, context: LineContext = outsideRequests) {
    if (options.level !== undefined) this.level = options.level
    this.#text = options.format === 'text'
    this.#stream = options.stream ?? process.stdout
    this.#bindings = bindings
    this.#context = context
  }

  /**
   * The least severe level that is written. It may be changed at any time.
   *
   * @throws TypeError for a level that does not exist
   */
  get level(): ConsoleLevel {
    return this.#level
  }

  set level(level: ConsoleLevel) {
    if (!levels.includes(level)) {
      throw new TypeError(
        `Expected \`level\` of consoleLogger to be one of ${levels.join(', ')}, got ${inspect(level)}.`,
      )
    }
    this.#level = level
  }

  /** A logger with more fields on every line. */
  child(fields: Fields): ConsoleLogger {
    return this.#with(copyFields(fields, this.#bindings), this.#context)
  }

  /** The same logger for the lines of one request. */
  inRequest(context: LineContext): ConsoleLogger {
    return this.#with(this.#bindings, context)
  }

  isLevelEnabled(level: ConsoleLevel): boolean {
    return levels.indexOf(level) >= levels.indexOf(this.#level)
  }

  /** @internal */
  write(level: ConsoleLevel, args: unknown[]): void {
    const context = this.#context
    if (!this.isLevelEnabled(level)) {
      if (context.lines) this.#hold(level, args, context.lines)
      return
    }
    context.lines?.willWrite(isErrorLevel(level))
    this.#print(level, args, context, new Date())
  }

  #print(level: ConsoleLevel, args: unknown[], context: LineContext, time: Date): void {
    const { message, fields, error } = readArguments(args)
    const record = { ...context.fields, ...this.#bindings, ...fields }
    const dd = claimDd(record, context)
    const print = this.#text ? textLine : jsonLine
    this.#stream.write(`${print(time, level, message, record, error, dd)}\n`)
  }

  #hold(level: ConsoleLevel, args: unknown[], lines: Lines): void {
    const { fields } = this.#context
    const dd = this.#context.dd()
    const size = snapshot(args)
    const time = new Date()
    const write = (dropped: number) =>
      this.#print(level, args, { dd: () => dd, fields: heldFields(fields, dropped) }, time)
    lines.hold(write, size)
  }

  #with(bindings: Fields | undefined, context: LineContext): ConsoleLogger {
    const options = { level: this.#level, format: this.#text ? 'text' : 'json', stream: this.#stream } as const
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
 * Makes a logger whose lines Datadog reads without a custom rule. It needs no other package.
 *
 * @throws TypeError for an unknown option or a wrong value
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): ConsoleLogger {
  const { format: form = 'json', level: _level, stream: _stream, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown) {
    throw new TypeError(`consoleLogger does not know the option \`${unknown}\`. Known are format, level, stream.`)
  }
  if (form !== 'json' && form !== 'text') {
    throw new TypeError(`Expected \`format\` of consoleLogger to be 'json' or 'text', got ${inspect(form)}.`)
  }
  return new ConsoleLogger(options)
}

/** Whether a logger was made by `consoleLogger()`, also by that of another copy of spanlog. */
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
  if (isError(first)) return { message: messageOfError(first, rest), error: first }
  if (typeof first !== 'object' || first === null) return { message: formatted([first, ...rest]) }
  const fields = copyFields(first)
  const found = [fields.error, fields.err].find(isError)
  if (!found) return { message: formatted(rest), fields }
  const { err: _, error, ...others } = fields
  if (error !== undefined && !isError(error)) others._error = error
  return { message: messageOfError(found, rest), fields: others, error: found }
}

const messageOfError = (error: unknown, args: unknown[]) => (args.length ? formatted(args) : readError(error).message)

/** Whether a value is an error, also one of another realm: under Jest, Node's errors are no instances of a test's `Error`. */
function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return types.isNativeError(value) || value instanceof Error || isDomException(value)
  } catch {
    return false // a revoked Proxy
  }
}

function isDomException(value: { stack?: unknown }): boolean {
  return typeof value.stack === 'string' && Object.prototype.toString.call(value) === '[object DOMException]'
}

/** The arguments as `console.log` prints them. If printing one throws, the line is written all the same. */
function formatted(args: unknown[]): string {
  try {
    return format(...args)
  } catch {
    return args.map(arg => (Object(arg) === arg ? readError(arg).message : String(arg))).join(' ')
  }
}

type Print = (
  time: Date,
  level: ConsoleLevel,
  message: string,
  record: Fields,
  error: unknown,
  dd: DdFields | undefined,
) => string

const reserved = ['timestamp', 'level', 'message', 'error', 'toJSON'] as const

/** A line as JSON, with the attributes that Datadog reads without a custom rule: timestamp, level, message, dd, error.kind. */
const jsonLine: Print = (time, level, message, record, error, dd) => {
  for (const key of reserved) moveAside(record, key)
  const line = { timestamp: time.toISOString(), level, message: inertMessage(message), ...record, dd }
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

/**
 * A line as text, in the form of log4js: `[dd.service=… … dd.trace_id=… dd.span_id=…] [time] [LEVEL] message`. It is the only text
 * form from which Datadog's Node pipeline reads ids, time and level. The time has no zone, because the pipeline reads it as UTC.
 */
const textLine: Print = (at, level, message, record, error, dd) => {
  const fields = error ? { ...record, error: readError(error).stack } : record
  const tail = Object.keys(fields).length ? ` ${toJson(fields)}` : ''
  const time = at.toISOString().slice(0, -1)
  return `${prefix(dd)}[${time}] [${level.toUpperCase()}] ${withoutPairs(inOneLine(message + tail))}`
}

function prefix(dd: DdFields | undefined): string {
  if (!dd?.trace_id) return ''
  const parts = (['service', 'env', 'version', 'trace_id', 'span_id'] as const).filter(key => dd[key])
  return `[${parts.map(key => `dd.${key}=${String(dd[key]).replace(/[\s[\]=]/g, '_')}`).join(' ')}] `
}

/** The pipeline reads `key=value` pairs in the message. Without the `=`, no pair can choose ids, service, level, status or time. */
const withoutPairs = (text: string) => (text.includes('=') ? text.replace(readPair, '$1\\u003d') : text)
const readPair =
  /(\b(?:dd(?:\.\w+)?|trace_id|span_id|service|appname|(?:bunyan_)?level|status(?:_code|_category)?|severity|_?timestamp|(?:event)?time|(?:published_)?date|host(?:name)?)["'\]]?\s*)=/gi

const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON does not escape C1 controls and U+2028, and some readers break a line there. */
const escapeBreaks = (json: string) => json.replace(unsafe, escaped)

/** The text in one line: a line break in it could start a forged line. */
const inOneLine = (text: string) => text.replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(unsafe, escaped)
