/** A switch among Datadog's variables: `true` or `1` in any case is on, anything else is off (dd-trace's config/parsers.js). */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1)$/i.test(value)
}

/** A list among Datadog's variables: separated by commas, trimmed, empty items left out. */
export function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(Boolean)
}
