import { after, before, describe, it } from 'node:test'
import { Contract } from './contract/contract'
import { type Mode, modes } from './contract/mode'

for (const mode of modes) {
  describe(titleOf(mode), () => {
    const contract = new Contract(mode)
    before(() => contract.start())
    after(() => contract.stop())

    for (const framework of ['express', 'koa']) {
      for (const logger of ['pino', 'winston', 'bunyan', 'console', 'function']) {
        for (const store of ['als', 'namespace', 'story']) {
          it(
            `links every line of ${logger} on ${framework} to the right span, by ${storeName(store)}`,
            { timeout: 20_000 },
            () => contract.check(`${framework} ${logger} ${store}`),
          )
        }
      }
    }
  })
}

function titleOf({ set, integrations, injection }: Mode): string {
  return `${set}, dd-trace's integrations ${integrations ? 'on' : 'off'}, its log injection ${injection ? 'on' : 'off'}`
}

function storeName(store: string): string {
  if (store === 'story') return 'AsyncLocalStorage, with access lines, request ids and held lines'
  return store === 'als' ? 'AsyncLocalStorage' : 'a cls-hooked namespace'
}
