import { inspect } from 'node:util'
import { readError } from '../tags/error-fields'
import type { Fields } from './fields'

/** A record as JSON. A field that JSON cannot write is printed by `util.inspect`, so that the line is not lost. */
export function toJson(value: Fields): string {
  try {
    return JSON.stringify(value, jsonValue)
  } catch {
    return JSON.stringify(Object.fromEntries(Object.keys(value).map(key => [key, writableField(value, key)])))
  }
}

const jsonValue = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** The value of a field if JSON can write it, else its text: it may be circular, or have a getter that throws. */
function writableField(record: Fields, key: string): unknown {
  try {
    JSON.stringify(record[key], jsonValue)
    return typeof record[key] === 'bigint' ? String(record[key]) : record[key]
  } catch {
    return inspected(record, key)
  }
}

function inspected(record: Fields, key: string): string {
  try {
    return inspect(record[key], { depth: 2, breakLength: Number.POSITIVE_INFINITY })
  } catch (error) {
    return `[${readError(error).message}]`
  }
}
