/** `spanlog doctor …`. Returns the exit code: 0 when all is well, 1 when something was found, 2 when it was asked wrongly. */
export async function runDoctor(args: string[]): Promise<number> {
  process.stderr.write(`spanlog doctor: not built yet (${args.length} arguments)\n`)
  return 2
}
