import { createRequire } from 'node:module'

/** CommonJS all the way: tracers patch what `require` loads, without a loader hook. */
export const require = createRequire(import.meta.url)

/** From a folder of `sets/`, which has other majors under their real names; anything else comes from `bench/`. */
export const requireFrom = set => (set ? createRequire(new URL(`sets/${set}/package.json`, import.meta.url)) : require)
