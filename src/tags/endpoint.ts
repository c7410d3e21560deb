import { isOn } from './env'

/** What a path segment that looks like a value is shown as, first match first: the shapes that Datadog's tracers agree on. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/^[1-9]\d+$/, '{param:int}'],
  [/^(?=.*\d)[\d._-]{3,}$/, '{param:int_id}'],
  [/^(?=.*\d)[a-f\d]{6,}$/i, '{param:hex}'],
  [/^(?=.*\d)[a-f\d._-]{6,}$/i, '{param:hex_id}'],
  [/^.{20}|[%&'()*+,:=@]/, '{param:str}'],
]

const maxSegments = 8

/**
 * Reads `http.endpoint` from an `http.url`: its path, with what looks like a value taken out. It stands in for the route of a
 * request that no route matched.
 *
 * @default `undefined`, for no such tag: Datadog wants it only with `DD_TRACE_RESOURCE_RENAMING_ENABLED=true`
 */
export function endpointReader(env: NodeJS.ProcessEnv): ((url: string) => string) | undefined {
  return isOn(env.DD_TRACE_RESOURCE_RENAMING_ENABLED) ? endpointOf : undefined
}

function endpointOf(url: string): string {
  const segments = pathOf(url).split('/').filter(Boolean).slice(0, maxSegments)
  return `/${segments.map(shapeOf).join('/')}`
}

function pathOf(url: string): string {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?')
  return path === -1 ? '' : url.slice(path, query === -1 ? undefined : query)
}

function shapeOf(segment: string): string {
  return shapes.find(([shape]) => shape.test(segment))?.[1] ?? segment
}
