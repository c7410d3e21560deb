/**
 * Whether a JSON line is certainly linked: one `dd` at the top, with ids that Datadog accepts, a normal service, a plausible time, and
 * no other key that names a trace. `false` means that the line must be parsed and checked by the rules.
 *
 * It does not parse the line. Gigabytes of lines are tested here, nearly all of them healthy, and JSON.parse alone would take longer
 * than reading the file.
 */
export function isHealthy(line: string): boolean {
  const start = line.indexOf('"dd":{"')
  if (start < 0 || line.charCodeAt(0) !== opening || line.length > longest) return false
  goodDd.lastIndex = start
  if (!goodDd.test(line)) return false
  const end = goodDd.lastIndex
  if (!hasItsIds(line, start, end) || line.indexOf('"dd', end) >= 0) return false
  return (
    isOutermost(line, start, end) && isOneLine(line) && !doubtfulTime.test(line) && hasNoOtherService(line, start, end)
  )
}

/** Characters. Datadog cuts a line that is longer than 1 MB, so such a line is not healthy. */
const longest = 1_000_000

const opening = 123
const closing = 125

/** A `dd` as dd-trace and spanlog write it. The keys may be in any order: winston sorts them. */
const goodDd =
  /"dd":\{(?:,?"(?:(?:service|env)":"[a-z0-9_:./-]{1,100}"|version":"[^"\\]*"|trace_id":"(?!0+")(?:[0-9a-f]{32}|\d{1,20})"|span_id":"\d{1,20}"))+\}/y

/** Whether both ids are in `dd`, and there is no second trace id, such as one in a message or under another key. */
function hasItsIds(line: string, start: number, end: number): boolean {
  const traceId = line.indexOf('trace_id')
  if (traceId < start || traceId > end || line.indexOf('trace_id', traceId + 8) >= 0) return false
  const spanId = line.indexOf('span_id', start)
  return spanId > 0 && spanId < end
}

/** Whether `dd` is a key of the outermost object: no other object was opened before it, or the line ends with it. */
function isOutermost(line: string, start: number, end: number): boolean {
  const last = line.length - 1
  if (line.charCodeAt(last) !== closing) return false
  if (end === last) return true
  return line.indexOf('{', 1) === start + 5 && line.charCodeAt(last - 1) !== closing
}

/** Two processes that write into one pipe can put the beginning of one line into another. Then the first characters come twice. */
function isOneLine(line: string): boolean {
  return line.indexOf(line.slice(0, 9), 1) < 0
}

/** An attribute that Datadog may take a date from, whose value is not certainly a date of this century. */
const doubtfulTime =
  /"(?:@?timestamp|time|date|_timestamp|Timestamp|eventTime|published_date)":(?!1\d{12}[,}]|"20\d\d-)/

function hasNoOtherService(line: string, start: number, end: number): boolean {
  const at = line.indexOf('"service"')
  return at < 0 || (at > start && at < end && line.indexOf('"service"', end) < 0)
}
