import { type DdFields, isCorrelation } from '../tracer/dd-fields'
import { injectsIntoPino } from '../tracer/internals'
import {
  type BindLogger,
  claimDd,
  type Fields,
  hasDd,
  inertMessage,
  isDdKey,
  type LineContext,
  withoutForeignDd,
} from './fields'

/** pino 8 to 10, by what spanlog uses. */
interface Pino {
  [key: symbol]: unknown
  child(bindings: Fields, options?: unknown): Pino
  setBindings(bindings: Fields): void
}
type AsJson = (this: Pino, record: Fields, message: unknown, level: number, time: string) => string

const contextKey = Symbol('spanlog.context')
const linkedKey = Symbol('spanlog.linked')

/**
 * pino turns every line into text in one method, which children inherit, and begins with the level and the time, which are text
 * already: behind them the `dd` of the line goes. A mixin cannot be given to a child, and a `dd` that is a binding is frozen, and
 * printed twice under dd-trace's injection.
 */
export function bindPino(logger: Pino): BindLogger {
  const asJson = symbolOf(logger, 'pino.asJson') as symbol
  const bindings = symbolOf(logger, 'pino.chindings') as symbol
  const template = Object.create(logger, {
    [asJson]: { value: asJsonInRequest(logger[asJson] as AsJson), writable: true },
    [bindings]: { value: withoutStaticDd(String(logger[bindings] ?? '')), writable: true },
    [linkedKey]: { value: undefined, writable: true },
    child: { value: childInRequest(logger.child), writable: true },
    setBindings: { value: setBindingsInRequest(logger.setBindings), writable: true },
  })
  return context => {
    const log = Object.create(template)
    log[contextKey] = context
    return log
  }
}

/** Whether a logger is pino's. */
export function isPino(logger: object): logger is Pino {
  return symbolOf(logger, 'pino.asJson') !== undefined && symbolOf(logger, 'pino.chindings') !== undefined
}

/** pino's symbols are local to its copy, and the logger carries them. */
function symbolOf(logger: object, description: string): symbol | undefined {
  for (let at: object | null = logger; at; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertySymbols(at).find(symbol => symbol.description === description)
    if (found) return found
  }
  return undefined
}

function asJsonInRequest(asJson: AsJson): AsJson {
  function write(log: Pino, record: Fields, message: unknown, level: number, time: string, dd?: DdFields): string {
    // the injection stands back where the record has a `dd`, and pino prints no undefined
    const line = injectsIntoPino() ? { dd: undefined, ...record } : record
    return asJson.call(log, line, inertMessage(message), level, dd ? time + dd.member : time)
  }
  function writeOwn(log: Pino, record: Fields, message: unknown, level: number, time: string): string {
    const context = log[contextKey] as LineContext
    const own = { ...context.fields, ...record }
    const claimed = claimDd(own, context)
    return write(log, own, message, level, time, (log[linkedKey] as DdFields | undefined) ?? claimed)
  }
  return function (record, message, level, time) {
    const context = this[contextKey] as LineContext
    if (context.fields || hasDd(record)) return writeOwn(this, record, message, level, time)
    return write(this, record, message, level, time, (this[linkedKey] as DdFields | undefined) ?? context.dd())
  }
}

function childInRequest(child: Pino['child']): Pino['child'] {
  return function (this: Pino, bindings, options) {
    return linkedBy(child.call(this, withoutDd(bindings), options), bindings)
  }
}

function setBindingsInRequest(setBindings: Pino['setBindings']): Pino['setBindings'] {
  return function (this: Pino, bindings) {
    setBindings.call(this, withoutDd(bindings))
    linkedBy(this, bindings)
  }
}

/** Bindings become text at once, so a `dd` among them, even `correlate()`'s, would stand beside that of the line. */
function withoutDd(bindings: Fields): Fields {
  const own = withoutForeignDd(bindings)
  return isCorrelation(own?.dd) ? { ...own, dd: undefined } : own
}

function linkedBy(log: Pino, bindings: Fields): Pino {
  if (isCorrelation(bindings?.dd)) log[linkedKey] = bindings.dd
  return log
}

/** A `dd` that the application bound to its shared logger (`base: { dd }`) would stand beside ours. */
function withoutStaticDd(bindings: string): string {
  if (!bindings.includes('"dd')) return bindings
  const fields = JSON.parse(`{${bindings.slice(1)}}`) as Fields
  for (const key of Object.keys(fields)) if (isDdKey(key)) delete fields[key]
  return JSON.stringify(fields).replace(/^\{(.*)\}$/s, (_, inside) => (inside ? `,${inside}` : ''))
}
