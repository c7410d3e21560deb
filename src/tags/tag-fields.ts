import type { Fields } from '../logger'

/** Tags that dd-trace or spanlog writes itself, or that change what the tracer does. A field must not overwrite them. */
const reserved =
  /^(?:_dd\..*|_sampling.*|manual\.(?:keep|drop)|sampling\.priority|analytics\.event|measured|(?:resource|service|span|operation)\.(?:name|type|kind)|error(?:\..*)?|http\.(?:method|url|status_code|route|endpoint|useragent|client_ip|aborted|unfinished|request_id)|component|language|env|version|service|resource|process_id|runtime-id)$/

/** Whether a field of that name may become a tag. */
export function isFreeTag(name: string): boolean {
  return !reserved.test(name)
}

/** The fields of a request that become tags of its span. */
export function pickFields(fields: Fields | undefined, names: readonly string[]): Fields {
  const picked: Fields = {}
  for (const name of names) if (fields?.[name] !== undefined) picked[name] = fields[name]
  return picked
}
