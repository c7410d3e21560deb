/**
 * Makes state that all copies of spanlog in this process share. A bundle and an installed package may serve the same application,
 * and `shutdown()` of one must end the requests of both.
 *
 * @param name becomes a symbol on `globalThis`
 */
export function processState<T extends object>(name: string, make: () => T): T {
  const holder = globalThis as { [key: symbol]: T | undefined }
  const key = Symbol.for(`spanlog.${name}`)
  holder[key] ??= make()
  return holder[key]
}
