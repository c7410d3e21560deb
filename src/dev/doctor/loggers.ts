/** The library that wrote a line, as far as its form shows. */
export type Logger =
  | 'pino'
  | 'winston'
  | 'bunyan'
  | 'console'
  | 'log4js'
  | 'tslog'
  | 'nest'
  | 'consola'
  | 'lambda'
  | 'json'

/** Loggers that dd-trace puts its ids on by itself. */
export const patched: ReadonlySet<Logger> = new Set<Logger>(['pino', 'winston', 'bunyan'])

/** The names in texts for people. */
export const loggerNames: Readonly<Record<Logger, string>> = {
  pino: 'pino',
  winston: 'winston',
  bunyan: 'bunyan',
  console: 'console',
  log4js: 'log4js',
  tslog: 'tslog',
  nest: "Nest's logger",
  consola: 'consola',
  lambda: "Lambda's console",
  json: 'a logger that writes JSON',
}

type Fields = Readonly<Record<string, unknown>>

/** Finds the logger of a JSON line by keys and values that only this logger writes by default. */
export function loggerOfRecord(record: Fields): Logger {
  const { level, time, pid, hostname, name, v, timestamp, context } = record
  if (v === 0 && typeof name === 'string' && typeof level === 'number') return 'bunyan'
  if (typeof time === 'number' && (typeof level === 'number' || (pid !== undefined && hostname !== undefined)))
    return 'pino'
  if (isObject(record._meta) && 'logLevelId' in record._meta) return 'tslog'
  if (isObject(record._logMeta)) return 'tslog'
  if (isObject(level) && 'levelStr' in level) return 'log4js'
  if (typeof record.categoryName === 'string' && typeof record.startTime === 'string') return 'log4js'
  if (typeof level === 'string' && nestLevels.has(level) && typeof pid === 'number' && typeof timestamp === 'number')
    return 'nest'
  if (level === 'log' && typeof context === 'string') return 'nest'
  if (typeof level === 'string' && winstonLevels.has(level) && 'message' in record) return 'winston'
  return 'json'
}

const nestLevels = new Set(['log', 'error', 'warn', 'debug', 'verbose', 'fatal'])
const winstonLevels = new Set(['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'])

/** Finds the logger of a text line by the beginning of the line. */
export function loggerOfText(text: string): Logger {
  const plain = text.includes('\x1b') ? withoutColours(text) : text
  return texts.find(([, form]) => form.test(plain))?.[0] ?? 'console'
}

const texts: readonly [Logger, RegExp][] = [
  ['nest', /^\[Nest\] \d+ +- /],
  ['log4js', /^\[\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?\] \[[A-Z]+\] \S+ - /],
  ['lambda', /^\d{4}-\d\d-\d\dT[\d:.]+Z\t[\w-]{36}\t[A-Z]+\t/],
  ['tslog', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\t[A-Z]+\t/],
  ['winston', /^(?:error|warn|info|http|verbose|debug|silly): /],
  ['consola', /^(?:\[(?:fatal|error|warn|log|info|success|debug|trace|start|ready|box)\] |[ℹ✔◐⚙→] )/],
  ['pino', /^\[\d\d:\d\d:\d\d\.\d{3}\] (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) \(/],
]

function withoutColours(text: string): string {
  return text.replace(/\x1b\[[\d;]*m/g, '')
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
