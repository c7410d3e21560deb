import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { modes, soak } from './soak/soak'

const requests = Number(process.env.SPANLOG_SOAK ?? 300)

describe(`${requests} requests over 64 sockets, of which every tenth is abandoned by its client and every twentieth fails`, {
  concurrency: true,
}, () => {
  for (const mode of modes) {
    it(`all end, each with its own span and its own lines (${mode})`, async t => {
      const figures = await soak(requests, mode)
      t.diagnostic(JSON.stringify(figures))
      assert.equal(figures.started, requests)
      assert.equal(figures.finished, figures.started)
      assert.equal(figures.received, figures.started)
      assert.equal(figures.children, figures.started)
      assert.equal(figures.unlinked, 0)
      assert.equal(figures.lines, figures.started * 4)
      assert.equal(figures.accessLines, figures.started)
      assert.equal(figures.open, 0)
      const [, second] = figures.heaps
      assert.ok((figures.heaps.at(-1) as number) - second < 5, `heap in MB: ${figures.heaps}`)
    })
  }
})
