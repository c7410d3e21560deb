import { copyFields, type Fields } from './fields'

/** How much of a request's debug lines is held. */
export interface HoldLimits {
  readonly lines: number
  readonly bytes: number
}

/** Writes a line that was held. `dropped` lines before it went to stay within the limits; 0 where there were none. */
type WriteHeld = (dropped: number) => void

interface HeldLine {
  readonly write: WriteHeld
  readonly bytes: number
}

/**
 * What loggers tell of the lines of one request: how many there were, which were errors, and those below the logger's own level,
 * which are held here until the request fails.
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

  /** To be called before a line is written: what is held goes before the first error. */
  willWrite(isError: boolean): void {
    this.written++
    if (!isError) return
    this.errors++
    this.#writeHeld()
    this.onError?.()
  }

  /** Holds a line. The oldest go when there are too many. */
  hold(write: WriteHeld, bytes: number): void {
    const { limits } = this
    if (limits === undefined || this.#ended) return
    this.#held.push({ write, bytes })
    this.#bytes += bytes
    while (this.#held.length > limits.lines || this.#bytes > limits.bytes) this.#dropOldest()
  }

  /** When the request has ended: if it failed, what is held is written, and if it went well, it is dropped. */
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
    for (const [index, line] of held.entries()) line.write(index === 0 ? dropped : 0)
  }

  #dropOldest(): void {
    const oldest = this.#held.shift() as HeldLine
    this.#bytes -= oldest.bytes
    this.#dropped++
  }
}

/** What a line is held with: what was passed, as far as its first level goes. Further down an object prints as it is when written. */
export function snapshot(args: readonly unknown[]): unknown[] {
  return args.map(arg => (isPlain(arg) ? copyFields(arg) : arg))
}

/** About how many bytes of memory the arguments of a line take. */
export function sizeOf(args: readonly unknown[]): number {
  let size = 100
  for (const arg of args) size += isPlain(arg) ? sizeOfFields(arg) : sizeOfValue(arg)
  return size
}

function isPlain(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function sizeOfFields(fields: Fields): number {
  let size = 0
  for (const key in fields) size += 20 + key.length + sizeOfValue(fields[key])
  return size
}

/** An object is not measured: that would take as long as to print it. */
const sizeOfValue = (value: unknown): number =>
  typeof value === 'string' ? 2 * value.length : typeof value === 'object' && value !== null ? 200 : 8
