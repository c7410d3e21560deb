import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourcesOf } from '../routes/express-app.ts'
import { type Room, shapes } from '../routes/express-shapes.ts'
import { FrameworkSet } from '../routes/frameworks.ts'

const folders = ['express416-koa20', 'express4-koa2', 'express50-router10', 'express52-router14', 'express5-koa3']

for (const folder of folders) {
  const set = new FrameworkSet(folder)
  const version = set.version('express')
  const major = Number.parseInt(version, 10)
  const room: Room = major === 4 ? '4' : set.routerVersion() < '2.3' ? '2.0' : '2.3'

  describe(`Express ${version}${major > 4 ? ` with router ${set.routerVersion()}` : ''}`, () => {
    const express = set.load('express')
    for (const { title, only, settings = [], build, asked } of shapes) {
      if (only && only !== major) continue
      it(title, { timeout: 5000 }, async () => {
        const app = express()
        for (const setting of settings) app.enable(setting)
        const resources = await resourcesOf(app, () => build(app, express), Object.keys(asked))
        const expected = Object.values(asked).map(said =>
          typeof said === 'string' ? said : (said as Record<Room, string>)[room],
        )
        assert.deepEqual(named(asked, resources), named(asked, expected))
      })
    }
  })
}

/** Pairs each request with its resource, so that a difference can be read. */
const named = (asked: object, resources: string[]) => Object.keys(asked).map((line, i) => `${line} is ${resources[i]}`)
