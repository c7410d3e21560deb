/** Whether a variable of Datadog is on: `true` in any case or `1`. Anything else is off, as in dd-trace's config/parsers.js. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1)$/i.test(value)
}

/** The items of a variable that is a list: separated by commas, trimmed, without empty ones. */
export function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(Boolean)
}
