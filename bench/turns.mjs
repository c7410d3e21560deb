/**
 * Lets servers work in turns, each round in another order. A turn begins with requests that are not counted, which bring the
 * server's code and data back to the processor; it ends when its traces have been sent and its garbage has been collected. So
 * nobody pays for anybody else.
 *
 * @param turns `{ server, settle, work, cpu, took }`: what is not counted, what is, and two arrays for what is found
 */
export async function takeTurns(turns, rounds) {
  for (let round = -uncounted; round < rounds; round++) {
    for (const turn of shuffled(turns)) {
      const { cpu, took } = await costOf(turn)
      if (round < 0) continue
      turn.cpu.push(cpu)
      turn.took.push(took)
    }
  }
}

/** Rounds: a process that has waited while all others were started is slow at first. */
const uncounted = 2

/**
 * Turns that nobody counts. Node 24 compiles most of a request once more when it has served some 11,000 of them, and is done with
 * that at about 15,000; Node 20, which has a compiler less, at some 8,000. Each turn sends its traces too, since a tracer that had to
 * keep thousands at once stays slow for as many more requests.
 *
 * @param count how many requests one call of `work` serves
 */
export async function warmUp({ server, work }, count) {
  const { major } = await server.ask({ task: 'node' })
  const enough = major < 24 ? 8000 : 15_000
  for (let served = 0; served < enough; served += count) {
    await work()
    await server.ask({ task: 'flush' })
  }
}

/** The tracer's own clock, in milliseconds: never, but at the end of a turn. Otherwise the next one would share the machine with it. */
export const flushInterval = 3_600_000

async function costOf({ server, settle, work }) {
  await settle()
  const since = await clock(server)
  const start = performance.now()
  await work()
  const took = performance.now() - start
  return { cpu: (await clock(server)) - since, took }
}

async function clock(server) {
  await server.ask({ task: 'flush' })
  return (await server.ask({ task: 'clock' })).cpu
}

function shuffled(values) {
  return values
    .map(value => ({ value, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
