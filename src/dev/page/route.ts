import { computed, signal } from '@preact/signals'

export const views = ['requests', 'lines', 'resources', 'health'] as const
export type View = (typeof views)[number]

/** The parsed address: `#/lines`, `#/trace/<id>/<span>`, or `#/file` for a trace that was opened from a file. */
export interface Route {
  readonly view: View
  readonly trace?: string
  readonly span?: string
  readonly file?: boolean
}

export const route = signal<Route>(read(location.hash))

/** The view that is shown again when the open trace is closed. */
let behind: View = 'requests'

let followed = location.hash

addEventListener('hashchange', follow)

function follow(): void {
  if (location.hash === followed) return
  followed = location.hash
  const next = read(followed)
  if (!isTrace(next)) behind = next.view
  route.value = isTrace(next) ? { ...next, view: behind } : next
}

/** Changes the route at once, because the browser's event for the new address comes later. */
function go(hash: string): void {
  location.hash = hash
  follow()
}

export const view = computed(() => route.value.view)

export function isTrace({ trace, file }: Route): boolean {
  return trace !== undefined || file === true
}

export function goTo(next: View): void {
  go(hashOf(next))
}

export function hashOf(next: View): string {
  return next === 'requests' ? '#/' : `#/${next}`
}

export function goToTrace(id: string, span?: string): void {
  go(traceHash(id, span))
}

export function traceHash(id: string, span?: string): string {
  return span ? `#/trace/${id}/${span}` : `#/trace/${id}`
}

/** Changes the address without a new entry in the history. */
export function replaceTrace(id: string, span?: string): void {
  history.replaceState(null, '', traceHash(id, span))
  followed = location.hash
  route.value = { ...route.value, trace: id, span }
}

export function goToFile(): void {
  go('#/file')
}

export function leaveTrace(): void {
  goTo(behind)
}

function read(hash: string): Route {
  const [first = '', id, span] = hash.replace(/^#\/?/, '').split('/').map(decode)
  if (first === 'trace' && id) return { view: 'requests', trace: id, span: span || undefined }
  if (first === 'file') return { view: 'requests', file: true }
  return { view: views.find(name => name === first) ?? 'requests' }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
