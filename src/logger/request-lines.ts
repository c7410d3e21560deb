import { attempt, optionWarning } from '../warnings/warn'
import { copyFields, type Fields } from './fields'

/** How many debug lines of a request are held, and how many bytes they may take. */
export interface HoldLimits {
  readonly lines: number
  readonly bytes: number
}

/** Writes a held line. `dropped` is how many lines before it were dropped to stay within the limits. */
type WriteHeld = (dropped: number) => void

/** A serializer or a format of the application may throw. The error line that comes next must be written all the same. */
const warning = optionWarning('debugOnError')

interface HeldLine {
  readonly write: WriteHeld
  readonly bytes: number
}

/**
 * Counts the lines and error lines of one request. Holds the lines below the logger's level, until the request fails or ends.
 */
export class RequestLines {
  written = 0
  errors = 0
  #held: HeldLine[] = []
  #bytes = 0
  #dropped = 0
  #ended = false

  /** @param onError called when a line of level error or above is written */
  constructor(
    readonly limits: HoldLimits | undefined,
    readonly onError: (() => void) | undefined,
  ) {}

  /** Call this before a line is written. The held lines are written before an error line. */
  willWrite(isError: boolean): void {
    this.written++
    if (!isError) return
    this.errors++
    this.#writeHeld()
    this.onError?.()
  }

  /** Holds a line. Drops the oldest lines beyond the limits. */
  hold(write: WriteHeld, bytes: number): void {
    const { limits } = this
    if (limits === undefined || this.#ended) return
    this.#held.push({ write, bytes })
    this.#bytes += bytes
    while (this.#held.length > limits.lines || this.#bytes > limits.bytes) this.#dropOldest()
  }

  /** Call this when the request has ended. Writes the held lines if it failed, else drops them. */
  end(isFailed: boolean): void {
    this.#ended = true
    if (isFailed) this.#writeHeld()
    else this.#held = []
  }

  #writeHeld(): void {
    const held = this.#held
    const dropped = this.#dropped
    this.#held = []
    this.#bytes = 0
    this.#dropped = 0
    for (const [index, line] of held.entries()) attempt(warning, line.write, index === 0 ? dropped : 0)
  }

  #dropOldest(): void {
    const oldest = this.#held.shift() as HeldLine
    this.#bytes -= oldest.bytes
    this.#dropped++
  }
}

/**
 * Copies the arguments of a line in their place, one level deep, so that later changes do not show. Deeper objects print as they are
 * when written.
 *
 * @returns about how many bytes of memory they take. Looks at 100 values at most: measuring a large object would take as long as
 * printing it.
 */
export function snapshot(args: unknown[]): number {
  const budget = { values: 100 }
  let size = 100
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    if (isPlain(arg)) args[at] = copyFields(arg)
    size += sizeOfValue(arg, budget)
  }
  return size
}

function sizeOfValue(value: unknown, budget: { values: number }): number {
  if (typeof value === 'string') return 2 * value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  try {
    if (Array.isArray(value)) return 8 * value.length + sizeOfFields(value, budget)
    return isPlain(value) ? sizeOfFields(value, budget) : unmeasured
  } catch {
    return unmeasured // a getter threw
  }
}

/** Bytes that are counted for an object that is not measured, such as an instance of a class. */
const unmeasured = 200

function sizeOfFields(fields: object, budget: { values: number }): number {
  let size = 0
  for (const key in fields) {
    if (budget.values-- <= 0) break
    size += 20 + key.length + sizeOfValue((fields as Fields)[key], budget)
  }
  return size
}

function isPlain(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  try {
    return Object.getPrototypeOf(value) === Object.prototype
  } catch {
    return false // a revoked Proxy
  }
}
