/** The path of a URL without its query; `''` if it is no URL. Ruby's tracer sends the path only. */
export function pathOf(url: string | undefined): string {
  if (url?.startsWith('/')) return url.split(/[?#]/, 1)[0] ?? ''
  return url !== undefined && URL.canParse(url) ? new URL(url).pathname : ''
}
