import { expressDifferences, koaDifferences } from './differences.ts'
import { type Any, FrameworkSet } from './frameworks.ts'

// A separate process for an environment that changes modules as they load:
// node [-r preload] child.ts <folder> [express-async-errors | express-promise-router]

const [folder, extra] = process.argv.slice(2) as [string, string | undefined]
const set = new FrameworkSet(folder)
if (extra === 'express-async-errors') set.load(extra)
const original = set.load('express')
const express = extra === 'express-promise-router' ? promising(original, set.load(extra)) : original
const [major, router] = [Number.parseInt(set.version('express'), 10), Number.parseInt(set.version('@koa/router'), 10)]
const kind = major === 4 ? '4' : set.routerVersion() < '2.3' ? '2.0' : '2.3'
const kit = {
  Koa: set.load('koa'),
  Router: set.load('@koa/router').Router ?? set.load('@koa/router'),
  major: router,
  mount: require('koa-mount'),
  compose: require('koa-compose'),
  route: require('koa-route'),
  TreeRouter: require('koa-tree-router'),
  findMyWay: require('find-my-way'),
  replacesHandlers: (globalThis as { replacesHandlers?: boolean }).replacesHandlers,
}

run()

async function run(): Promise<void> {
  const wrong = [...(await expressDifferences(express, major, kind)), ...(await koaDifferences(kit))]
  const spans = (globalThis as { spansOfInstrumentation?: () => number }).spansOfInstrumentation?.()
  process.stdout.write(JSON.stringify({ wrong, spans }), () => process.exit())
}

function promising(express: Any, Router: Any): Any {
  return Object.assign(() => express(), express, { Router })
}
