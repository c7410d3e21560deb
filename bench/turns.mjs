/**
 * Lets servers work in turns (A B C A B C …) and reads what CPU each turn cost. A server's clock is read when its next turn
 * begins: by then it has exported what it still held, while the others worked.
 *
 * @param turns `{ server, work, cpu }` in their order: `work(server)` is the turn, and `cpu` an array that gets the microseconds
 */
export async function takeTurns(turns, rounds) {
  const open = new Map()
  const close = async server => {
    const { cpu } = await server.ask({ task: 'clock' })
    const last = open.get(server)
    if (last) last.turn.cpu.push(cpu - last.since)
    return cpu
  }
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      open.set(turn.server, { turn, since: await close(turn.server) })
      await turn.work(turn.server)
    }
  }
  await new Promise(resolve => setTimeout(resolve, 200))
  for (const server of open.keys()) await close(server)
}
