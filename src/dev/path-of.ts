/** The path of a URL without its query; empty where it is none. Ruby's tracer sends the path alone. */
export function pathOf(url: string | undefined): string {
  if (url?.startsWith('/')) return url.split(/[?#]/, 1)[0] ?? ''
  return url !== undefined && URL.canParse(url) ? new URL(url).pathname : ''
}
