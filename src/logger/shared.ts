import { currentRequest } from '../store'
import { type DdFields, ddFieldsOf, HookFields, isDdFields } from '../tracer/dd-fields'
import { defaultTracer } from '../tracer/internals'
import { lineTracerWarning, warnOnce } from '../warnings/warn'
import { type Fields, takeDd } from './fields'
import { toJson } from './json'
import { linkAtEnd, nestedKeyOf, type Pino } from './pino'
import { copyOfInfo, DdAtRoot } from './winston'

// Hooks for a shared logger, which code outside of handlers uses: each of its lines gets the `dd` of the current request.

/** The `dd` of the current request, else of the active span. */
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
 * Makes the `mixin` of a pino logger: it puts one `dd` on each line.
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
 * Makes a format of winston 3 that puts one `dd` on each line. Put it first in `combine`, before the format that makes the text.
 *
 * @example winston.createLogger({ format: combine(winstonFormat(), json()) })
 */
export function winstonFormat(): WinstonFormat {
  const atRoot = new DdAtRoot()
  return { transform: info => atRoot.keepDd(withHookFields(info, atRoot.isMoved)) }
}

/**
 * Makes a raw stream of bunyan that writes each record as a JSON line with one `dd`.
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

/** Returns a copy, because other streams and formats share the record. A `dd` from `req.log` or `correlate()` stays. */
function withHookFields(record: Fields, asPlain?: boolean): Fields {
  if (isDdFields(record.dd)) return record
  const own = copyOfInfo(record, undefined, asPlain)
  takeDd(own)
  const dd = hookFields()
  return dd ? Object.assign(own, { dd }) : own
}
