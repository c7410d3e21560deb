import { dirname } from 'node:path'
import { inSource, isPreloaded, isTracer, ofSetting, resolveSource, usesSpanlog } from '../project/find'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { type Call, isNode, nodesOf, type SourceFile } from '../project/syntax'
import { lineAt, lineOf } from '../project/text-file'
import type { Rule } from './rule'
import { isBefore } from './start-up'

/** Causes outside of the program's own code: the test runner, the process manager, transports, threads, the agent. */
export const surroundings: readonly Rule[] = [
  {
    code: 'jest-modules',
    title: 'In Jest, this version of dd-trace does not patch loggers',
    why: 'Jest has its own module system. Before 5.124 and 6.13 dd-trace did not patch pino and bunyan in it. So lines in a test have no ids, while those of the running application have them.',
    looks: '"test": "NODE_OPTIONS=\'-r dd-trace/ci/init\' jest"   (with dd-trace 5.110)',
    fix: {
      any: 'npm install dd-trace@latest   # or a newer version of your major\n# or add the ids in a test by code: logger.info({ ...correlate() }, message)',
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/10019',
      'https://github.com/DataDog/dd-trace-js/pull/10188',
    ],
    project: jestModules,
  },
  {
    code: 'pm2-cluster',
    title: 'In cluster mode, pm2 sets DD_ variables after the tracer has read them',
    why: 'A tracer that is loaded by `node_args` starts before pm2 has set the variables of the ecosystem file. Before 5.116 and 6.5 dd-trace did not read them from any other place. So service, env and injection are not those of the file.',
    looks:
      "{ script: 'app.js', exec_mode: 'cluster', node_args: '--require dd-trace/init', env: { DD_SERVICE: 'shop' } }",
    fix: {
      any: "npm install dd-trace@latest          # or a newer version of your major\nexec_mode: 'fork'                    # or without the cluster\nDD_SERVICE=shop pm2-runtime ecosystem.config.js   # or the variables for pm2 itself",
    },
    sources: ['https://github.com/DataDog/dd-trace-js/issues/8863', 'https://github.com/Unitech/pm2/issues/2000'],
    project: pm2Cluster,
  },
  {
    code: 'http-transport',
    title: "winston's HTTP transport sends lines without ids",
    why: 'dd-trace adds ids to the lines that a winston logger formats. A transport that sends its own copy over HTTP may send the line without them. Then the ids are on the console, but not in Datadog.',
    looks: "transports: [new winston.transports.Http({ host: 'http-intake.logs.datadoghq.com' })]",
    fix: {
      any: "transports: [new winston.transports.Console()]   // and let Datadog's agent read standard output\n// or add the ids by the format, so that each transport gets them:\nformat: format.combine(winstonFormat(), format.json())   // const { winstonFormat } = require('spanlog')",
    },
    sources: ['https://github.com/gremo/nest-winston/issues/340', 'https://github.com/DataDog/dd-trace-js/issues/1801'],
    project: project =>
      usesSpanlog(project) ? [] : callsOf(project, /^(?:winston\.transports\.Http|winston\.transport\.Http)$/),
  },
  {
    code: 'worker-thread',
    title: 'A worker thread logs without a tracer',
    why: 'A worker has its own modules and its own async context. The tracer and the active span of the main thread do not exist in it.',
    looks: "new Worker('./resize.js', { workerData: image })   // and resize.js logs with pino",
    fix: {
      any: "new Worker('./resize.js', { execArgv: ['--require', 'dd-trace/init'], workerData: { image, carrier } })\n// in the main thread: tracer.inject(tracer.scope().active(), 'text_map', carrier)\n// in the worker:      tracer.trace('resize', { childOf: tracer.extract('text_map', workerData.carrier) }, () => …)",
    },
    sources: ['https://github.com/argotorg/sourcify/pull/2112'],
    project: project => project.sources.flatMap(source => workersOf(project, source)),
  },
  {
    code: 'no-agent',
    title: 'No agent receives the traces',
    why: 'dd-trace 5 prints no error if no agent listens. The lines have ids of traces that never reached Datadog. In a container, localhost is the container itself.',
    looks: 'services:\n  shop:\n    environment:\n      DD_SERVICE: shop   # and no DD_AGENT_HOST',
    fix: {
      any: 'DD_AGENT_HOST=datadog-agent                       # compose: the name of the service of the agent\nDD_TRACE_AGENT_URL=http://datadog-agent:8126      # or the whole address, with http://\nDD_TRACE_AGENT_URL=unix:///var/run/datadog/apm.socket',
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/1075',
      'https://docs.datadoghq.com/containers/docker/apm/',
    ],
    run: ({ traces, lines }) => {
      const withIds = lines.filter(({ low }) => low !== undefined)
      return traces.length === 0 && withIds.length ? { lines: withIds.length, example: withIds[0]?.example } : undefined
    },
    project: project => [...wrongUrls(project), ...composeWithoutAgent(project)],
  },
]

/** Whether a version is older than the one with a change: `six` for a version 6, else `five`. */
function isOlder({ version }: { version: string }, five: string, six: string): boolean {
  const [major = 0, minor = 0] = (version.startsWith('6.') ? six : five).split('.').map(Number)
  return isBefore(version, major, minor)
}

function jestModules(project: Project): Place[] {
  if (
    !project.has('jest') ||
    !project.tracers.length ||
    !project.tracers.every(tracer => isOlder(tracer, '5.124', '6.13'))
  )
    return []
  const text = project.configs.find(({ path }) => path === 'package.json')?.text ?? ''
  return Object.entries(project.packageJson.scripts ?? {}).flatMap(([script, command]) => {
    if (!/\bjest\b/.test(command) || !/dd-trace/.test(command)) return []
    const line = lineAt(text, text.indexOf(`"${script}":`))
    return [{ file: 'package.json', line, text: lineOf(text, line), mark: 'jest' }]
  })
}

/** Finds an ecosystem file, in JavaScript or JSON, with a cluster, a tracer that is loaded by a flag, and DD_ variables. */
function pm2Cluster({ configs, sources, tracers }: Project): Place[] {
  if (!tracers.some(tracer => isOlder(tracer, '5.116', '6.5'))) return []
  return [...configs, ...sources]
    .filter(({ path }) => /(?:^|\/)ecosystem[^/]*\.(?:json|[cm]?js)$/.test(path))
    .flatMap(({ path, text }) => {
      const mode =
        /["']?exec_mode["']?\s*:\s*["']cluster(?:_mode)?["']/.exec(text) ??
        /["']?instances["']?\s*:\s*(?:["']max["']|-1|[2-9]|\d\d)/.exec(text)
      const preloaded =
        /(?:node_args|interpreter_args|nodeArgs|interpreterArgs|NODE_OPTIONS)["']?\s*:[^\n]*dd-trace/.test(text)
      if (!mode || !preloaded || /exec_mode["']?\s*:\s*["']fork/.test(text) || !/\bDD_[A-Z]+["']?\s*:/.test(text))
        return []
      const line = lineAt(text, mode.index)
      return [{ file: path, line, text: lineOf(text, line), mark: mode[0] }]
    })
}

function callsOf({ sources }: Project, callee: RegExp): Place[] {
  return sources.flatMap(source =>
    source.calls
      .filter(call => callee.test(call.callee))
      .map(call => inSource(source, call, call.callee.split('.').pop())),
  )
}

function workersOf(project: Project, source: SourceFile): Place[] {
  if (isPreloaded(project)) return []
  return source.calls.flatMap(call => {
    if (
      !/^(?:node:)?worker_threads\.Worker$/.test(call.callee) ||
      /dd-trace/.test(source.textOf(call.args[1] ?? noNode))
    )
      return []
    const file = fileOf(project, source, call)
    const logs = file?.imports.some(({ from }) => /^(?:pino|winston|bunyan)$/.test(from))
    return file && logs && !file.imports.some(({ from }) => isTracer(from))
      ? [inSource(source, call, 'new Worker')]
      : []
  })
}

const noNode = { type: '', start: 0, end: 0, loc: { start: { line: 0 } } }

/** The source file that a worker runs: the last string in the first argument is its name. */
function fileOf(project: Project, source: SourceFile, { args }: Call): SourceFile | undefined {
  const [first] = args
  const names = isNode(first)
    ? [...nodesOf(first)].filter(({ type }) => type === 'StringLiteral').map(({ value }) => String(value))
    : []
  const name = names.pop()
  if (!name) return undefined
  const near = name.startsWith('.') ? name : `./${name}`
  return resolveSource(project, source.path, near) ?? resolveSource(project, `${dirname('package.json')}/x`, near)
}

function wrongUrls({ settings }: Project): Place[] {
  return settings
    .filter(
      ({ name, value }) =>
        name === 'DD_TRACE_AGENT_URL' && value !== '' && !value.startsWith('$') && !/^(?:https?|unix):\/\//.test(value),
    )
    .map(ofSetting)
}

/** Finds a service of a compose file that has DD_ variables, but no variable with the address of the agent. */
function composeWithoutAgent({ configs }: Project): Place[] {
  return configs
    .filter(({ path }) => /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(path))
    .flatMap(({ path, text }) =>
      servicesOf(text).flatMap(({ line, body, name }) => {
        const traced =
          /\bDD_(?:SERVICE|ENV|TRACE_ENABLED|LOGS_INJECTION|VERSION)\b/.test(body) &&
          !/image:\s*\S*(?:datadog\/agent|datadog-agent)/.test(body)
        const told =
          /\bDD_(?:AGENT_HOST|TRACE_AGENT_URL|TRACE_AGENT_HOSTNAME)\b|network_mode:\s*["']?(?:host|service:)|env_file|<<:/.test(
            body,
          )
        return traced && !told ? [{ file: path, line, text: `${name}:`, mark: name }] : []
      }),
    )
}

function servicesOf(text: string): { name: string; line: number; body: string }[] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => /^services:\s*$/.test(line))
  const indent = /^( +)\S/.exec(lines.slice(start + 1).find(line => /^ +[^\s#]/.test(line)) ?? '')?.[1] ?? '  '
  const heads = lines.flatMap((line, n) => {
    const name = n > start && start >= 0 ? new RegExp(`^${indent}([\\w.-]+):\\s*$`).exec(line)?.[1] : undefined
    return name ? [{ name, n }] : []
  })
  return heads.map(({ name, n }, i) => ({
    name,
    line: n + 1,
    body: lines.slice(n, heads[i + 1]?.n ?? bodyEnd(lines, n)).join('\n'),
  }))
}

/** The last service ends where another section begins. */
function bodyEnd(lines: string[], from: number): number {
  const end = lines.findIndex((line, n) => n > from && /^\S/.test(line))
  return end < 0 ? lines.length : end
}
