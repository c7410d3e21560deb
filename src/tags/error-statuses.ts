import { guard } from '../warnings/warn'

/** True means that this status is a success of the service; false makes the span an error. */
export type StatusValidator = (status: number) => boolean

const ranges = /^[1-5]\d\d(?:-[1-5]\d\d)?(?:,[1-5]\d\d(?:-[1-5]\d\d)?)*$/

/**
 * Makes the function that decides which statuses are a success: the option `validateStatus`, else one that reads
 * `DD_TRACE_HTTP_SERVER_ERROR_STATUSES` (or its alias `DD_HTTP_SERVER_ERROR_STATUSES`), a list of errors such as `500-599,404`. A list
 * that is not valid is ignored, as in dd-trace's status-validator.js.
 *
 * @default everything below 500
 */
export function statusValidator(
  option: ((code: number) => boolean) | undefined,
  env: NodeJS.ProcessEnv,
): StatusValidator {
  return option
    ? guard('validateStatus', option, isSuccess, checkedResult)
    : fromRanges(env.DD_TRACE_HTTP_SERVER_ERROR_STATUSES ?? env.DD_HTTP_SERVER_ERROR_STATUSES)
}

function isSuccess(status: number): boolean {
  return status < 500
}

function checkedResult(valid: boolean): boolean {
  if (typeof valid === 'boolean') return valid
  throw new TypeError(`Expected \`validateStatus\` to return true or false, got ${typeof valid}.`)
}

function fromRanges(text: string | undefined): StatusValidator {
  const list = text?.replace(/\s/g, '')
  // `500-599` is Datadog's default, and the default rule makes 600 an error too.
  if (!list || list === '500-599' || !ranges.test(list)) return isSuccess
  const errors = new Set(list.split(',').flatMap(statuses))
  return status => !errors.has(status)
}

/** The statuses of `404`, `500-599` or `599-500`, which dd-trace accepts in this order too. */
function statuses(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  const lowest = Math.min(first, last)
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, offset) => lowest + offset)
}
