/** `npm run soak -- 1000000 als`: the number of requests, and which modes (all of them unless said). */
import { type Mode, modes, soak } from './soak'

async function run() {
  const [requests = '1000000', ...chosen] = process.argv.slice(2)
  for (const mode of chosen.length ? (chosen as Mode[]) : modes) console.log(await soak(Number(requests), mode))
}
run()
