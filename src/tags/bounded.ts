/** The longest string that is written on a span, in characters. dd-trace itself cuts a tag at 25,000 characters only. */
export const maxTagLength = 8192

const cutMark = '...'

/**
 * Cuts a text to at most `max` characters. A cut text ends in `...`, as in dd-trace. It never ends in half a surrogate pair, which
 * Datadog would show as a replacement character.
 *
 * @default max 8192
 */
export function bounded(text: string, max: number = maxTagLength): string {
  if (text.length <= max) return text
  const end = max - cutMark.length
  return text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end) + cutMark
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
