import { type BindLogger, claimDd, type Fields, type LineContext } from './fields'

/** bunyan 2, by what spanlog uses. */
interface Bunyan {
  child(options: object, simple?: boolean): Bunyan
  _emit(record: Fields, noEmit?: boolean): unknown
  serializers?: object | null
  _applySerializers?(fields: Fields): void
}

/** Every record of bunyan goes through `_emit`. bunyan has made it for this line, so it may be changed. */
export function bindBunyan(logger: Bunyan): BindLogger {
  return context => inRequest(logger.child({}, true), context)
}

/** Whether a logger is bunyan's. */
export function isBunyan(logger: object): boolean {
  return '_emit' in logger && 'streams' in logger && 'child' in logger
}

/** A child of bunyan does not inherit from its parent, so each is bound when it is made. */
function inRequest(log: Bunyan, context: LineContext): Bunyan {
  const { child, _emit: emit } = log
  return Object.defineProperties(log, {
    child: {
      value: (options: object, simple?: boolean) => inRequest(child.call(log, options, simple), context),
      writable: true,
    },
    _emit: {
      value: (record: Fields, noEmit?: boolean) => emit.call(log, linked(record, log, context), noEmit),
      writable: true,
    },
  })
}

function linked(record: Fields, log: Bunyan, context: LineContext): Fields {
  if (context.fields) addMissing(record, log, context.fields)
  const dd = claimDd(record, context)
  if (dd) record.dd = dd
  return record
}

function addMissing(record: Fields, log: Bunyan, fields: Fields): void {
  const serialised = { ...fields }
  if (log.serializers) log._applySerializers?.(serialised)
  for (const key of Object.keys(serialised)) if (!(key in record)) record[key] = serialised[key]
}
