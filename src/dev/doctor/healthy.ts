/**
 * Whether a JSON line is linked beyond doubt, told without parsing it: one `dd` at the top, with ids that Datadog takes, a normal
 * service, a plausible time, and nothing else that speaks of a trace. `false` means that someone must look closer.
 *
 * Gigabytes of lines go through here, nearly all of them healthy: JSON.parse alone would take longer than reading the file.
 */
export function isHealthy(line: string): boolean {
  const at = line.indexOf('trace_id')
  if (at < 8 || line.charCodeAt(0) !== brace || !line.startsWith('"dd":{"', at - 7)) return false
  good.lastIndex = at
  if (!good.test(line)) return false
  const end = good.lastIndex
  if (line.indexOf('trace_id', end) >= 0 || line.indexOf('"dd', end) >= 0) return false
  return isOutermost(line, at - 7, end) && hasGoodTime(line) && hasNoOtherService(line, at, end)
}

const brace = 123

/** From `trace_id` to the end of the `dd` object, as dd-trace and spanlog write it. */
const good =
  /trace_id":"(?!0+")(?:[0-9a-f]{32}|\d{1,20})","span_id":"\d{1,20}"(?:,"(?:service|env)":"[a-z0-9_:./-]{1,100}"|,"version":"[^"\\]*")*\}/y

/** `dd` stands at the top if no other object was opened before it, or if the line ends with it. */
function isOutermost(line: string, start: number, end: number): boolean {
  const length = line.length
  if (line.indexOf('{', 1) === start + 5) return line.charCodeAt(length - 1) === closing
  return end === length - 1 && line.charCodeAt(end) === closing && line.indexOf('"dd"', 1) === start
}

const closing = 125

function hasGoodTime(line: string): boolean {
  return goodTime.test(line)
}

/** The first attribute that Datadog takes a date from must be one that it can read. */
const goodTime = /"(?:@timestamp|timestamp|time)":(?:1\d{12}[,}]|"2\d\d\d-)/

function hasNoOtherService(line: string, start: number, end: number): boolean {
  const at = line.indexOf('"service"')
  return at < 0 || (at > start && at < end && line.indexOf('"service"', end) < 0)
}
