import { inspect } from 'node:util'
import { readError } from '../tags/error-fields'
import type { Fields } from './fields'

/** A record as JSON. A field that JSON cannot write is written as `util.inspect` shows it, so that the line is not lost. */
export function toJson(value: Fields): string {
  try {
    return JSON.stringify(value, jsonValue)
  } catch {
    return JSON.stringify(Object.fromEntries(Object.keys(value).map(key => [key, shownAlone(value, key)])))
  }
}

const jsonValue = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** One field of a record of which JSON cannot write some field: it is circular, or a getter throws. */
function shownAlone(record: Fields, key: string): unknown {
  try {
    JSON.stringify(record[key], jsonValue)
    return typeof record[key] === 'bigint' ? String(record[key]) : record[key]
  } catch {
    return shown(record, key)
  }
}

function shown(record: Fields, key: string): string {
  try {
    return inspect(record[key], { depth: 2, breakLength: Number.POSITIVE_INFINITY })
  } catch (error) {
    return `[${readError(error).message}]`
  }
}
