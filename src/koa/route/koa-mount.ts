import type { EnteredMount, KoaContext, RouteFound } from './types'

/** koa-mount assigns `ctx.mountPath` and then removes it from `ctx.path`. It restores `ctx.path` before the response ends. */
export function enterMount(state: RouteFound, ctx: KoaContext, prefix: unknown): void {
  if (typeof prefix === 'string') state.mounts = [...state.mounts, { prefix, pathBefore: ctx.path ?? '' }]
}

/** A mount that was entered before our middleware has removed its prefix already. Of several only the innermost is known. */
export function correctPathBefore(state: RouteFound, ctx: KoaContext): void {
  const [mount] = state.mounts
  if (!mount) return
  const { path = '', originalUrl = '' } = ctx
  const pathBefore = mount.prefix.replace(/\/$/, '') + (path === '/' ? '' : path)
  const [original = ''] = originalUrl.split('?')
  if (original.endsWith(pathBefore) || original.endsWith(`${pathBefore}/`)) mount.pathBefore = pathBefore
}

/** The prefixes that had been removed where `ctx.path` was `path`. A mount counts only if its path inside is that of the next. */
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

/** The prefix under which a mounted middleware answered without a route. */
export function lastMountPrefix(mounts: readonly EnteredMount[]): string | undefined {
  const last = mounts.at(-1)
  return last && (mountPrefix(mounts, pathInside(last)) || undefined)
}

const pathInside = ({ prefix, pathBefore }: EnteredMount): string => pathBefore.slice(prefix.length) || '/'
