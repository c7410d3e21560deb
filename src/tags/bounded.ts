/** The longest string that goes onto a span: 8 kB. dd-trace itself cuts at 25,000 characters, per tag and on every span. */
export const maxTagLength = 8192

const mark = '...'

/**
 * The text, at most `max` characters long. What was cut ends in `...`, as in dd-trace, and never in half a surrogate pair:
 * that half would be a replacement character in Datadog.
 *
 * @default max 8192
 */
export function bounded(text: string, max: number = maxTagLength): string {
  if (text.length <= max) return text
  const end = max - mark.length
  return text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end) + mark
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
