import { currentRequest } from '../store'
import { type DdFields, ddFieldsOf, HookFields, isDdFields } from '../tracer/dd-fields'
import { defaultTracer } from '../tracer/internals'
import { lineTracerWarning, warnOnce } from '../warn'
import { type Fields, takeDd } from './fields'
import { toJson } from './json'
import { linkAtEnd, nestedKeyOf, type Pino } from './pino'
import { copyOf, Root } from './winston'

/** Hooks for a shared logger: code that never sees a request logs by it, and each line gets the `dd` of the current request. */

/** The fields of the innermost active span, or of the current request. */
function hookFields(): HookFields | undefined {
  const dd = currentFields()
  return dd && new HookFields(dd)
}

function currentFields(): DdFields | undefined {
  const request = currentRequest()
  if (request) return request.dd()
  try {
    const tracer = defaultTracer()
    return ddFieldsOf(tracer, tracer.scope().active() ?? undefined)
  } catch (error) {
    warnOnce(lineTracerWarning, error)
    return undefined
  }
}

/**
 * The `mixin` of a pino logger: one `dd` on each of its lines.
 *
 * @example pino({ mixin: pinoMixin() })
 */
export function pinoMixin(): () => { dd?: DdFields } {
  let nestedKey: symbol | undefined
  return (_record?: object, _level?: number, logger?: object) => {
    if (logger) nestedKey ??= nestedKeyOf(logger)
    if (nestedKey && (logger as Pino)[nestedKey]) return linkAtEnd(logger as Pino, currentFields)
    const dd = hookFields()
    return dd ? { dd } : {}
  }
}

/** A format of winston 3. */
export interface WinstonFormat {
  // biome-ignore lint/suspicious/noExplicitAny: logform's own type for a line
  transform(info: any, options?: unknown): any
}

/**
 * A format of winston 3: one `dd` on each line. It stands first in `combine`, before the format that makes the text.
 *
 * @example winston.createLogger({ format: combine(winstonFormat(), json()) })
 */
export function winstonFormat(): WinstonFormat {
  const root = new Root()
  return { transform: info => root.keepDd(withHookFields(info, root.moves)) }
}

/**
 * A raw stream of bunyan that writes each record as a JSON line with one `dd`.
 *
 * @param out where the lines go, such as `process.stdout`
 * @example bunyan.createLogger({ name, streams: [{ type: 'raw', stream: bunyanStream(process.stdout) }] })
 */
export function bunyanStream(out: { write(line: string): unknown }): { write(record: object): void } {
  return {
    write: record => {
      out.write(`${toJson(withHookFields(record as Fields))}\n`)
    },
  }
}

/** A copy, since other streams and formats share the record. A `dd` that a request's logger or `correlate()` gave stays. */
function withHookFields(record: Fields, asPlain?: boolean): Fields {
  if (isDdFields(record.dd)) return record
  const own = copyOf(record, undefined, asPlain)
  takeDd(own)
  const dd = hookFields()
  return dd ? Object.assign(own, { dd }) : own
}
