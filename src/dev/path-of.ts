/** The path of a URL without its query; `''` if it is no URL. Ruby's tracer sends the path only. */
export function pathOf(url: string | undefined): string {
  if (url?.startsWith('/')) return url.split(/[?#]/, 1)[0] ?? ''
  return url !== undefined && URL.canParse(url) ? new URL(url).pathname : ''
}

/** Adds the path to the text of a request without a route: its resource is only the method. */
export function withPath({ resource, meta }: Requested, text: string): string {
  const method = meta['http.method'] ?? meta['http.request.method']
  const path = resource === method ? pathOf(meta['http.url']) : ''
  return path ? `${text} ${path}` : text
}

interface Requested {
  readonly resource: string
  readonly meta: Readonly<Record<string, string>>
}
