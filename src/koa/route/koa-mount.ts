import type { EnteredMount, KoaContext, RouteFound } from './types'

/**
 * Records a mount. koa-mount assigns `ctx.mountPath`, then removes that prefix from `ctx.path`, and restores it before the response
 * ends.
 */
export function enterMount(state: RouteFound, ctx: KoaContext, prefix: unknown): void {
  if (typeof prefix === 'string') state.mounts = [...state.mounts, { prefix, pathBefore: ctx.path ?? '' }]
}

/** Corrects the path of a mount that was entered before our middleware: its prefix was removed from `ctx.path` already. */
export function correctPathBefore(state: RouteFound, ctx: KoaContext): void {
  const [mount] = state.mounts
  if (!mount) return
  const { path = '', originalUrl = '' } = ctx
  const pathBefore = mount.prefix.replace(/\/$/, '') + (path === '/' ? '' : path)
  const [original = ''] = originalUrl.split('?')
  if (original.endsWith(pathBefore) || original.endsWith(`${pathBefore}/`)) mount.pathBefore = pathBefore
}

/**
 * The joined prefixes of the mounts that were open when `ctx.path` was `path`. It goes from the last mount to the first. A mount counts
 * only if it left exactly the path that the next one (or the route) saw: others had ended by then.
 */
export function mountPrefix(mounts: readonly EnteredMount[], path: string): string {
  if (mounts.length === 0) return ''
  let prefix = ''
  let inner = path
  for (const mount of mounts.toReversed()) {
    if (pathInside(mount) !== inner) continue
    prefix = mount.prefix.replace(/\/$/, '') + prefix
    inner = mount.pathBefore
  }
  return prefix
}

/** The template for an answer without a route: the prefixes of the last mount. */
export function lastMountPrefix(mounts: readonly EnteredMount[]): string | undefined {
  const last = mounts.at(-1)
  return last && (mountPrefix(mounts, pathInside(last)) || undefined)
}

const pathInside = ({ prefix, pathBefore }: EnteredMount): string => pathBefore.slice(prefix.length) || '/'
