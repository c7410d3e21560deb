/**
 * What a program of this machine answers, within so many milliseconds.
 *
 * @throws when it does not, or answers with something else than JSON
 */
export async function fetchJson(url: string, milliseconds: number): Promise<unknown> {
  const controller = new AbortController()
  // `AbortSignal.timeout` does not keep the process alive, and neither does a fetch whose connection was closed at once: it would end here, without a word.
  const timer = setTimeout(() => controller.abort(), milliseconds)
  try {
    return await (await fetch(url, { signal: controller.signal })).json()
  } finally {
    clearTimeout(timer)
  }
}
