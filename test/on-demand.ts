import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packages that only some tests need and that are large: in a folder that git ignores, so that `npm ci` stays quick. */
const cache = resolve(__dirname, '..', '.cache')

/** The package in which npm has the executable of a Node for this machine. */
const node = `node-${process.platform}-${process.arch}`
const bun = `@oven/bun-${process.platform}-${process.arch}`

/** Such packages, by the folder that they are installed in. */
const folders: { [name: string]: { [dependency: string]: string } } = {
  'node-20': { [node]: '20' },
  'node-22': { [node]: '22' },
  'node-24': { [node]: '24' },
  'node-26': { [node]: '26' },
  'dd-trace-6': { 'dd-trace': '6' },
  bun: { [bun]: '1' },
  'typescript-5.4': { typescript: '~5.4' },
  'typescript-5.9': { typescript: '~5.9' },
  'typescript-6': { typescript: '6' },
  'types-express-4': { '@types/express': '4', '@types/node': '20' },
  'types-koa-3': { '@types/koa': '3', '@types/node': '20' },
  'types-koa-2': { '@types/koa': '2', '@types/node': '20' },
  jest: { jest: '30' },
  vitest: { vitest: '4', vite: '7' },
  mocha: { mocha: '12' },
  webpack: { webpack: '5' },
  rollup: {
    rollup: '4',
    '@rollup/plugin-commonjs': '29',
    '@rollup/plugin-node-resolve': '16',
    '@rollup/plugin-terser': '1',
  },
  tsup: { tsup: '8', typescript: '~5.9' },
  nest: {
    '@nestjs/core': '11',
    '@nestjs/common': '11',
    '@nestjs/platform-express': '11',
    'reflect-metadata': '0.2',
    rxjs: '7',
  },
  'nest-11': { ...nest('11'), '@nestjs/graphql': '13', '@nestjs/apollo': '13' },
  'nest-12': { ...nest('12'), '@nestjs/graphql': '14', '@nestjs/apollo': '14' },
  apollo: { '@apollo/server': '5', '@as-integrations/express5': '1', graphql: '16' },
  trpc: { '@trpc/server': '11' },
  feathers: { '@feathersjs/feathers': '5', '@feathersjs/express': '5', '@feathersjs/koa': '5' },
  'socket.io': { 'socket.io': '4', 'socket.io-client': '4' },
  fastify: { fastify: '5', '@fastify/middie': '9', '@fastify/express': '4' },
  'koa-middlewares': {
    'koa-session': '7',
    'koa-bodyparser': '4',
    'koa-static': '5',
    'koa-compress': '5',
    'koa-websocket': '7',
    ws: '8',
  },
}

function nest(version: string) {
  return {
    '@nestjs/core': version,
    '@nestjs/common': version,
    '@nestjs/platform-express': version,
    'reflect-metadata': '0.2',
    rxjs: '7',
    '@apollo/server': '5',
    '@as-integrations/express5': '1',
    graphql: '16',
  }
}

/** The folder of such packages, where it is installed. */
export function atHand(name: string): string | undefined {
  const folder = join(cache, name)
  if (!existsSync(folder)) return undefined
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return JSON.stringify(dependencies) === JSON.stringify(folders[name]) ? folder : undefined
}

const installing = new Map<string, Promise<string>>()

/** The folder of such packages, installed now where it was not. */
export function install(name: string): Promise<string> {
  const found = atHand(name)
  if (found) return Promise.resolve(found)
  if (!installing.has(name)) installing.set(name, fetchPackages(name))
  return installing.get(name) as Promise<string>
}

async function fetchPackages(name: string): Promise<string> {
  const folder = join(cache, name)
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies: folders[name] }))
  await run('npm', ['install', ...quietInstall, '--no-bin-links'], { cwd: unfinished })
  if (atHand(name))
    rmSync(unfinished, { recursive: true }) // another test file was quicker
  else {
    rmSync(folder, { recursive: true, force: true })
    renameSync(unfinished, folder)
  }
  return folder
}

/** How npm installs quickly, and what it is told alone. */
export const quietInstall = [
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--ignore-scripts',
  '--legacy-peer-deps', // peers are laid beside by the tests themselves
]

/** The executable of a Node of that major: the running one, or one that is at hand. */
export function nodeAtHand(major: number): string | undefined {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath
  const folder = atHand(`node-${major}`)
  return folder && join(folder, 'node_modules', node, 'bin', 'node')
}

/** The executable of a Node of that major, installed now where it was not. */
export async function installNode(major: number): Promise<string> {
  if (!nodeAtHand(major)) await install(`node-${major}`)
  return nodeAtHand(major) as string
}

/** The executable of Bun, installed now where it was not. */
export async function installBun(): Promise<string> {
  return join(await install('bun'), 'node_modules', bun, 'bin', 'bun')
}
