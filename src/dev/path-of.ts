/** The path of a URL without its query; empty where it is none. */
export function pathOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).pathname : ''
}
