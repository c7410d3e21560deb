/**
 * The JSON that a program of this machine answers.
 *
 * @param milliseconds the longest time to wait
 * @throws if no answer comes in time, or the answer is not JSON
 */
export async function fetchJson(url: string, milliseconds: number): Promise<unknown> {
  const controller = new AbortController()
  // `AbortSignal.timeout` does not keep the process alive. If the connection closes at once, nothing else does: the process would exit
  // here, without an error.
  const timer = setTimeout(() => controller.abort(), milliseconds)
  try {
    return await (await fetch(url, { signal: controller.signal })).json()
  } finally {
    clearTimeout(timer)
  }
}
