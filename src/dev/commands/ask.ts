import type { NotFound } from '../api'
import { findRunning } from '../server/running'

/** Sends a request to the running panel. Returns `found`, or `missing` if the panel answers 404. */
export async function ask<T>(path: string): Promise<{ found?: T; missing?: NotFound }> {
  const url = await findRunning()
  if (!url) throw new Error('no panel is running. Start one in another terminal: `spanlog dev -- node app.js`')
  const response = await fetch(url + path)
  const body = await response.json()
  if (response.status === 404) return { missing: body as NotFound }
  if (!response.ok) throw new Error((body as NotFound).error)
  return { found: body as T }
}
