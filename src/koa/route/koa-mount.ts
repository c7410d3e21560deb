import type { Entered, KoaContext, RouteFound } from './types'

/** koa-mount sets `ctx.mountPath` and then strips it from `ctx.path`, which it restores before the response ends. */
export function enterMount(state: RouteFound, ctx: KoaContext, prefix: unknown): void {
  if (typeof prefix === 'string') state.entered = [...state.entered, { prefix, before: ctx.path ?? '' }]
}

/** A mount that was entered before we watched has stripped its prefix already. Of several only the innermost is known. */
export function alreadyInside(state: RouteFound, ctx: KoaContext): void {
  const [mount] = state.entered
  if (!mount) return
  const { path = '', originalUrl = '' } = ctx
  const before = mount.prefix.replace(/\/$/, '') + (path === '/' ? '' : path)
  const [original = ''] = originalUrl.split('?')
  if (original.endsWith(before) || original.endsWith(`${before}/`)) mount.before = before
}

/** The prefixes that had been stripped where the path was `path`: each must lead to the next. */
export function mountPrefix(entered: readonly Entered[], path: string): string {
  if (entered.length === 0) return ''
  let prefix = ''
  let inner = path
  for (const mount of entered.toReversed()) {
    if (stripped(mount) !== inner) continue
    prefix = mount.prefix.replace(/\/$/, '') + prefix
    inner = mount.before
  }
  return prefix
}

/** The prefix under which a mounted middleware answered without a route. */
export function mountOf(entered: readonly Entered[]): string | undefined {
  const last = entered.at(-1)
  return last && (mountPrefix(entered, stripped(last)) || undefined)
}

const stripped = ({ prefix, before }: Entered): string => before.slice(prefix.length) || '/'
