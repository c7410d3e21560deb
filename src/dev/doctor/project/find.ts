import { dirname, join } from 'node:path'
import type { Command } from './commands'
import type { Place } from './place'
import type { Project } from './project'
import type { Setting } from './settings'
import type { Call, Import, SourceFile } from './syntax'
import { lineOf } from './text-file'

/** Modules that dd-trace patches while they load. Without the patch, requests have no traces or lines have no ids. */
const patchedModules = new Set([
  ...[
    'pino',
    'winston',
    'bunyan',
    'pino-http',
    'nestjs-pino',
    'nest-winston',
    'express',
    'koa',
    '@koa/router',
    'koa-router',
  ],
  ...['fastify', '@hapi/hapi', 'restify', '@nestjs/core', 'hono', 'next', 'http', 'https', 'node:http', 'node:https'],
])

export function isPatchedModule(from: string): boolean {
  return patchedModules.has(from)
}

export function isTracer(from: string): boolean {
  return from === 'dd-trace' || from.startsWith('dd-trace/')
}

/** Whether the application itself has a tracer. devDependencies do not count: a library may have a tracer for its tests. */
export function isTraced({ packageJson }: Project): boolean {
  return 'dd-trace' in { ...packageJson.dependencies, ...packageJson.optionalDependencies }
}

/** Whether log lines get their ids from spanlog. Then it does not matter which modules dd-trace has patched. */
export function usesSpanlog(project: Project): boolean {
  return (
    project.has('spanlog') ||
    project.sources.some(({ imports }) => imports.some(({ from }) => /^spanlog(?:\/|$)/.test(from)))
  )
}

/** Whether a command, or the value of NODE_OPTIONS, has a flag that loads the tracer before all other modules. */
function preloadsTracer(command: string): boolean {
  return /(?:--require|--import|--loader|--experimental-loader|-r)[ =]"?(?:\.\/)?(?:node_modules\/)?dd-trace\b/.test(
    command,
  )
}

/** Whether a command or NODE_OPTIONS of this project loads the tracer first. */
export function isPreloaded({ commands, settings }: Project): boolean {
  return (
    commands.some(({ text }) => preloadsTracer(text)) ||
    settings.some(({ name, value }) => name === 'NODE_OPTIONS' && preloadsTracer(value))
  )
}

/** The place where the tracer is started: the call of `init()`, or the import of a module that calls it. */
export function startOfTracer({ calls, imports }: SourceFile): Call | Import | undefined {
  return (
    calls.find(({ callee }) => callee === 'dd-trace.init') ??
    imports.find(({ from }) => /^dd-trace\/(?:init|initialize\.mjs)/.test(from))
  )
}

export function inSource(source: SourceFile, { line }: { line: number }, mark?: string): Place {
  return { file: source.path, line, text: lineOf(source.text, line), mark }
}

export function inCommand({ file, line, text }: Command, mark?: string): Place {
  return { file, line, text, mark }
}

export function ofSetting({ file, line, text, name, value }: Setting): Place {
  const mark = [`${name}=${value}`, `${name}: ${value}`].find(each => text.includes(each)) ?? name
  return { file, line, text, mark }
}

/** The file of the project that a relative import names. */
export function resolveSource(project: Project, from: string, specifier: string): SourceFile | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = join(dirname(from), specifier).replaceAll('\\', '/')
  const bare = path.replace(/\.[cm]?jsx?$/, '')
  const endings = ['.ts', '.js', '.tsx', '.mts', '.cts', '.mjs', '.cjs', '.jsx', '/index.ts', '/index.js', '/index.mjs']
  return [path, ...endings.map(ending => bare + ending)].map(each => project.source(each)).find(Boolean)
}
