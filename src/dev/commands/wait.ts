/** Resolves when somebody wants us to end: Ctrl-C, or a signal. */
export function untilAskedToEnd(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve())
  })
}
