import { isOn } from './env'

/** Replacements for path segments that look like a value. The first match counts. All of Datadog's tracers use these. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/^[1-9]\d+$/, '{param:int}'],
  [/^(?=.*\d)[\d._-]{3,}$/, '{param:int_id}'],
  [/^(?=.*\d)[a-f\d]{6,}$/i, '{param:hex}'],
  [/^(?=.*\d)[a-f\d._-]{6,}$/i, '{param:hex_id}'],
  [/^.{20}|[%&'()*+,:=@]/, '{param:str}'],
]

const maxSegments = 8

/**
 * Makes the function that reads `http.endpoint` from an `http.url`: the path, with values such as ids replaced. It is used where no
 * route matched.
 *
 * @returns `undefined` for no tag, unless `DD_TRACE_RESOURCE_RENAMING_ENABLED=true`
 */
export function endpointReader(env: NodeJS.ProcessEnv): ((url: string) => string) | undefined {
  return isOn(env.DD_TRACE_RESOURCE_RENAMING_ENABLED) ? endpointOf : undefined
}

function endpointOf(url: string): string {
  const segments = pathOfHttpUrl(url).split('/').filter(Boolean).slice(0, maxSegments)
  return `/${segments.map(withoutValue).join('/')}`
}

function pathOfHttpUrl(url: string): string {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?')
  return path === -1 ? '' : url.slice(path, query === -1 ? undefined : query)
}

function withoutValue(segment: string): string {
  return shapes.find(([shape]) => shape.test(segment))?.[1] ?? segment
}
