import { guard } from '../warn'

/** True means that this status is a success of the service; false makes the span an error. */
export type StatusValidator = (status: number) => boolean

const ranges = /^[1-5]\d\d(?:-[1-5]\d\d)?(?:,[1-5]\d\d(?:-[1-5]\d\d)?)*$/

/**
 * Which statuses leave the span clean: the `validateStatus` option, else `DD_TRACE_HTTP_SERVER_ERROR_STATUSES` (or its
 * alias `DD_HTTP_SERVER_ERROR_STATUSES`), a list such as `500-599,404`. A list that cannot be read counts as not set, as in
 * dd-trace's status-validator.js.
 *
 * @default everything below 500
 */
export function statusValidator(
  option: ((code: number) => boolean) | undefined,
  env: NodeJS.ProcessEnv,
): StatusValidator {
  return option
    ? guard('validateStatus', option, isSuccess, checked)
    : fromRanges(env.DD_TRACE_HTTP_SERVER_ERROR_STATUSES ?? env.DD_HTTP_SERVER_ERROR_STATUSES)
}

function isSuccess(status: number): boolean {
  return status < 500
}

function checked(valid: boolean): boolean {
  if (typeof valid === 'boolean') return valid
  throw new TypeError(`Expected true or false, got ${typeof valid}.`)
}

function fromRanges(text: string | undefined): StatusValidator {
  const list = text?.replace(/\s/g, '')
  // Datadog's default written out is the default, so that a 600 is an error too.
  if (!list || list === '500-599' || !ranges.test(list)) return isSuccess
  const errors = new Set(list.split(',').flatMap(statuses))
  return status => !errors.has(status)
}

/** `404` is one status; `500-599` and `599-500` are the same hundred. */
function statuses(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  const lowest = Math.min(first, last)
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, offset) => lowest + offset)
}
