import assert from 'node:assert/strict'
import { encode } from '@msgpack/msgpack'
import { type PanelServer, startPanel } from '../../../dist/dev/server/index'
import type { Sample } from './sample'

/** A panel as `spanlog dev` starts it, and what tracers and loggers send to it. */
export interface Panel extends PanelServer {
  send(...samples: Sample[]): Promise<void>
  log(...lines: Record<string, unknown>[]): Promise<void>
}

export async function openPanel(options?: Parameters<typeof startPanel>[0]): Promise<Panel> {
  const panel = await startPanel(options)
  const post = async (path: string, method: string, type: string, body: string | Uint8Array) => {
    const { status } = await fetch(panel.url + path, { method, headers: { 'content-type': type, ...tracer }, body })
    assert.ok(status < 300, `${path} was answered with ${status}`)
  }
  const log = (...lines: Record<string, unknown>[]) =>
    post('/api/v2/logs', 'POST', 'application/json', JSON.stringify(lines))
  return Object.assign(panel, {
    log,
    async send(...samples: Sample[]) {
      const spans = samples.map(sample => sample.spans)
      await post('/v0.4/traces', 'PUT', 'application/msgpack', encode(spans, { useBigInt64: true }))
      for (const { lines } of samples) {
        for (let from = 0; from < lines.length; from += 1000) await log(...lines.slice(from, from + 1000))
      }
    },
  })
}

const tracer = {
  'datadog-meta-lang': 'nodejs',
  'datadog-meta-lang-version': 'v20.20.0',
  'datadog-meta-tracer-version': '5.132.0',
}
