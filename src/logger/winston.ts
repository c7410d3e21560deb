import { type BindLogger, claimDd, type Fields, inertMessage, type LineContext, withoutForeignDd } from './fields'

/** winston 3, by what spanlog uses. */
interface Winston {
  levels: { [level: string]: number }
  write(info: unknown, ...rest: unknown[]): unknown
}

/** winston's mark (triple-beam) for the arguments that `format.splat()` merges into the line after us. */
const splat: unique symbol = Symbol.for('splat') as never

/** Every line of winston goes through `write`, its children's too. */
export function bindWinston(logger: Winston): BindLogger {
  const template = Object.create(logger, boundLevels(logger))
  return context =>
    Object.create(template, {
      write: {
        value: (info: unknown, ...rest: unknown[]) => logger.write(linked(info, context), ...rest),
        writable: true,
      },
    })
}

/** Whether a logger is winston's. */
export function isWinston(logger: object): boolean {
  return 'levels' in logger && 'write' in logger && 'defaultMeta' in logger && 'transports' in logger
}

/** winston lets a level be called on its own (`const { info } = log`), and then logs by the shared logger: so bind it. */
function boundLevels(logger: Winston): PropertyDescriptorMap {
  const bound: PropertyDescriptorMap = {}
  for (const level of Object.keys(logger.levels)) {
    bound[level] = {
      configurable: true,
      get() {
        const log = this as object
        const write = Reflect.get(logger, level) as (...args: unknown[]) => unknown
        return (...args: unknown[]) => write.apply(log, args)
      },
    }
  }
  return bound
}

function linked(info: unknown, context: LineContext): unknown {
  if (typeof info !== 'object' || info === null) return info
  const record = copyOf(info as Fields, context.fields)
  const dd = claimDd(record, context)
  if (dd) record.dd = dd
  record.message = inertMessage(record.message)
  const args = record[splat as never] as unknown
  if (Array.isArray(args)) record[splat as never] = args.map(withoutForeignDd) as never
  return record
}

/** An own copy: winston hands on the caller's object where that is all there is to log. An Error stays one. */
export function copyOf(info: Fields, fields?: Fields): Fields {
  if (!(info instanceof Error)) return { ...fields, ...info }
  const { message, stack, cause } = info
  return Object.assign(Object.create(Object.getPrototypeOf(info)), fields, info, { message, stack }, cause && { cause })
}
