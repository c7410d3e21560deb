import type { Command } from '../project/commands'
import {
  inCommand,
  inSource,
  isPatchedModule,
  isPreloaded,
  isTraced,
  isTracer,
  ofSetting,
  resolveSource,
  startOfTracer,
  usesSpanlog,
} from '../project/find'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { isOff } from '../project/settings'
import { type Import, isNode, type Node, nodesOf, propertyIn, type SourceFile } from '../project/syntax'
import { lineAt, lineOf } from '../project/text-file'
import type { Rule } from './rule'

const importTracer =
  'https://docs.datadoghq.com/tracing/trace_collection/automatic_instrumentation/dd_libraries/nodejs/'
const preload =
  'node --require dd-trace/init app.js            # CommonJS: before anything else\nnode --import dd-trace/initialize.mjs app.js    # ECMAScript modules'
const withoutPatching =
  "// or without any patching: app.use(spanlog({ logger }))   // const { spanlog } = require('spanlog/express')"

/** dd-trace patches a module while it loads. These causes prevent that, or switch the injection off. */
export const startUp: readonly Rule[] = [
  {
    code: 'tracer-loaded-late',
    title: 'dd-trace is loaded after modules that it has to patch',
    why: 'dd-trace patches a module while it loads. A logger or framework that is loaded before dd-trace is not patched, even if one of your own files loads it. The first import of the program must be dd-trace, or a file that loads it.',
    looks:
      "const pino = require('pino')              // loaded before dd-trace\nconst tracer = require('dd-trace').init()",
    fix: {
      any: `${preload}\n# or a file tracer.js that only starts the tracer. Import it first:\nimport './tracer.js'\n${withoutPatching}`,
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2189',
      'https://github.com/DataDog/documentation/pull/3304',
      'https://github.com/DataDog/dd-trace-js/issues/148',
      importTracer,
    ],
    project: project =>
      usesSpanlog(project) || isPreloaded(project)
        ? []
        : project.sources.flatMap(source => loadedBefore(project, source)),
  },
  {
    code: 'esm-without-import',
    title: "ECMAScript modules start without dd-trace's loader",
    why: '`import` does not go through `require`, which dd-trace patches. Without `--import dd-trace/…` no imported module is patched. So the framework makes no spans, and lines have no ids.',
    looks: '"type": "module", "scripts": { "start": "node server.js" }',
    fix: {
      any: `node --import dd-trace/initialize.mjs server.js\n# or for all commands: NODE_OPTIONS="--import dd-trace/initialize.mjs"\n${withoutPatching}`,
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/3500',
      'https://github.com/DataDog/dd-trace-js/issues/7995',
      'https://github.com/bluesky-social/atproto/pull/4961',
    ],
    project: esmWithoutImport,
  },
  {
    code: 'tsx-loader',
    title: "tsx or ts-node runs ECMAScript modules without dd-trace's loader",
    why: "The loader of tsx only makes JavaScript of TypeScript. Without dd-trace's own loader no imported module is patched. So the framework makes no spans, and lines have no ids. `--require dd-trace/init` is not enough.",
    looks: '"type": "module", "scripts": { "start": "tsx src/server.ts" }',
    fix: {
      any: `node --import tsx --import dd-trace/initialize.mjs src/server.ts\ntsx --import dd-trace/initialize.mjs src/server.ts\n${withoutPatching}`,
    },
    sources: ['https://github.com/DataDog/dd-trace-js/issues/5882'],
    project: project =>
      unlessLoaded(project)
        .filter(command => runsTypeScriptModule(project, command))
        .map(command => inCommand(command, runner.exec(command.text)?.[0].trim())),
  },
  {
    code: 'bundled',
    title: 'A bundler packs the modules that dd-trace has to patch',
    why: 'A bundled module is never loaded by `require`, so dd-trace cannot patch it. On your machine, without the bundle, the same code has ids.',
    looks: "esbuild.build({ entryPoints: ['src/server.ts'], bundle: true, platform: 'node' })",
    fix: {
      any: "esbuild.build({ …, plugins: [require('dd-trace/esbuild')], external: ['dd-trace'] })   // esbuild\nesbuild --bundle --packages=external …                                                  # or leave packages out\nexternals: [require('webpack-node-externals')()]                                        // webpack\nserverExternalPackages: ['dd-trace', 'pino', 'winston']                                 // next.config.js",
    },
    sources: [
      'https://github.com/DataDog/dd-trace-js/issues/2382',
      'https://github.com/DataDog/dd-trace-js/issues/3524',
      'https://github.com/DataDog/dd-trace-js/issues/2923',
      'https://github.com/DataDog/dd-trace-js/issues/827',
    ],
    project: project =>
      isTraced(project) && !usesSpanlog(project)
        ? [...bundledByCall(project), ...bundledByConfig(project), ...bundledByScript(project)]
        : [],
  },
  {
    code: 'two-tracers',
    title: 'dd-trace is installed twice',
    why: 'Each copy has its own tracer. One is started, and patches the loggers. If your code uses the other one, it finds no span.',
    looks:
      '"node_modules/dd-trace": { "version": "5.132.0" }, "node_modules/@acme/tracing/node_modules/dd-trace": { "version": "4.55.0" }',
    fix: {
      any: '"peerDependencies": { "dd-trace": "^5 || ^6" }   // in the shared package, instead of "dependencies"\nnpm dedupe dd-trace && npm ls dd-trace',
    },
    sources: ['https://github.com/DataDog/dd-trace-js/issues/304', 'https://github.com/DataDog/dd-trace-js/issues/385'],
    project: secondTracers,
  },
  {
    code: 'injection-off',
    title: 'Log injection is off',
    why: 'With DD_LOGS_INJECTION=false dd-trace adds no ids to the lines of loggers.',
    looks: 'DD_LOGS_INJECTION=false',
    fix: { any: `DD_LOGS_INJECTION=true   # the default since dd-trace 5.58\n${withoutPatching}` },
    sources: ['https://github.com/DataDog/dd-trace-js/pull/6174'],
    project: project =>
      usesSpanlog(project)
        ? []
        : [
            ...project.settings
              .filter(({ name, value }) => name === 'DD_LOGS_INJECTION' && isOff(value))
              .map(ofSetting),
            ...initWith(project, 'logInjection', 'false'),
          ],
  },
  {
    code: 'old-tracer',
    title: 'This version of dd-trace does not inject ids by default',
    why: 'Before 5.58 log injection was off by default. Only DD_LOGS_INJECTION=true switched it on.',
    looks: '"node_modules/dd-trace": { "version": "4.55.0" }',
    fix: { any: 'npm install dd-trace@latest   # or a newer version of your major\n# or: DD_LOGS_INJECTION=true' },
    sources: ['https://github.com/DataDog/dd-trace-js/pull/6174', 'https://github.com/DataDog/dd-trace-js/releases'],
    project: oldTracer,
  },
  {
    code: 'tracer-off',
    title: 'The tracer is switched off',
    why: 'With DD_TRACE_ENABLED=false there are no spans. dd-trace adds nothing to any line, not even the service.',
    looks: 'DD_TRACE_ENABLED=false',
    fix: { any: 'DD_TRACE_ENABLED=true   # or leave it out' },
    sources: ['https://github.com/DataDog/documentation/pull/27782'],
    project: ({ settings }) =>
      settings
        .filter(
          ({ name, value }) => /^DD_(?:TRACE_ENABLED|TRACING_ENABLED|APM_TRACING_ENABLED)$/.test(name) && isOff(value),
        )
        .map(ofSetting),
  },
]

/** All copies of dd-trace but the first, in the lock file of the application itself. */
function secondTracers({ tracers, configs }: Project): Place[] {
  const own = tracers.filter(({ file }) => !file.includes('/'))
  return own.slice(1).map(({ file, line }) => ({ file, line, text: lineOf(textOf(configs, file), line) }))
}

function textOf(configs: Project['configs'], file: string): string {
  return configs.find(({ path }) => path === file)?.text ?? ''
}

/**
 * The first module that a file loads before dd-trace and that dd-trace must patch. ECMAScript modules are left out: they have the rule
 * `esm-without-import`.
 */
function loadedBefore(project: Project, source: SourceFile): Place[] {
  if (isEsm(project, source.path)) return []
  const tracer = source.imports.find(
    each => !each.nested && (isTracer(each.from) || startsTracer(project, source, each)),
  )
  const early =
    tracer &&
    source.imports.find(each => !each.nested && each.position < tracer.position && loadsPatched(project, source, each))
  return early ? [inSource(source, early, early.from)] : []
}

function startsTracer(project: Project, { path }: SourceFile, { from }: Import): boolean {
  const file = resolveSource(project, path, from)
  return file !== undefined && startOfTracer(file) !== undefined
}

/** Whether an import loads a module that dd-trace patches: it is one itself, or a file of the project that loads one, at any depth. */
function loadsPatched(project: Project, { path }: SourceFile, { from }: Import, seen = new Set<string>()): boolean {
  if (isPatchedModule(from)) return true
  const file = resolveSource(project, path, from)
  if (!file || seen.has(file.path)) return false
  seen.add(file.path)
  return file.imports.some(each => !each.nested && loadsPatched(project, file, each, seen))
}

function isEsm({ packageJson }: Project, path: string): boolean {
  if (/\.m[jt]s$/.test(path)) return true
  return packageJson.type === 'module' && !/\.c[jt]s$/.test(path)
}

function esmWithoutImport(project: Project): Place[] {
  return unlessLoaded(project)
    .filter(command => runsEsm(project, command))
    .map(command => inCommand(command, /\bnode\b.*$/.exec(command.text)?.[0]))
}

/** The commands that do not load dd-trace's loader. An empty list if NODE_OPTIONS or code loads it, or if it is not needed. */
function unlessLoaded(project: Project): Command[] {
  if (!isTraced(project) || usesSpanlog(project)) return []
  const { commands, settings, sources } = project
  const byOptions = settings.some(({ name, value }) => name === 'NODE_OPTIONS' && loadsEsm(value))
  const byCode = sources.some(({ imports }) =>
    imports.some(({ from }) => /^dd-trace\/(?:register|loader-hook)/.test(from)),
  )
  return byOptions || byCode ? [] : commands.filter(({ text }) => !loadsEsm(text))
}

/** Whether a command loads dd-trace's own loader, or a file of the project that may register it. */
function loadsEsm(command: string): boolean {
  return /--(?:import|loader|experimental-loader)[ =]"?(?:(?:\.\/)?(?:node_modules\/)?dd-trace\b|\.\/)/.test(command)
}

function runsEsm(project: Project, { text }: Command): boolean {
  const program = /\bnode(?:mon)?\s+(?:-\S+(?:[ =](?:dd-trace|dotenv)\S*)?\s+)*([^\s-]\S*)/.exec(text)?.[1]
  return program !== undefined && !runner.test(text) && isEsm(project, program)
}

/** tsx, ts-node or a similar program, as a command or as a loader. */
const runner =
  /(?:^|\s|\/)(?:tsx|ts-node|ts-node-dev|ts-node-esm)\s|(?:-r|--require|--loader|--import)[ =](?:tsx|ts-node|@swc-node|esbuild-register)\S*/

function runsTypeScriptModule(project: Project, { text }: Command): boolean {
  const program = /\s(\S+\.[cm]?tsx?)\b/.exec(text)?.[1]
  return program !== undefined && runner.test(text) && isEsm(project, program)
}

/** Finds `esbuild.build({ bundle: true })` in a script of the project. */
function bundledByCall({ sources }: Project): Place[] {
  return sources.flatMap(source =>
    source.calls.flatMap(call => {
      const options = call.args[0]
      const bundles =
        /^esbuild\.(?:build|buildSync|context)$/.test(call.callee) && propertyIn(options, 'bundle')?.value === true
      const forNode = propertyIn(options, 'platform')?.value === 'node'
      return bundles && forNode && !leavesPackagesOut(source, options) ? [inSource(source, call, 'build')] : []
    }),
  )
}

function leavesPackagesOut(source: SourceFile, options: Node | undefined): boolean {
  if (propertyIn(options, 'packages')?.value === 'external') return true
  const plugins = propertyIn(options, 'plugins')
  if (
    plugins &&
    (source.textOf(plugins).includes('dd-trace') ||
      [...nodesOf(plugins)].some(node => source.nameOf(node).startsWith('dd-trace')))
  )
    return true
  const external = propertyIn(options, 'external')
  return (
    external !== undefined &&
    (external.type !== 'ArrayExpression' || /pino|winston|bunyan|express|koa|fastify/.test(source.textOf(external)))
  )
}

function bundledByConfig({ sources }: Project): Place[] {
  return sources.flatMap(source => {
    const name = source.path.split('/').pop() ?? ''
    if (/^webpack\.config\./.test(name)) return byWebpack(source)
    if (/^next\.config\./.test(name)) return byNext(source)
    return []
  })
}

function byWebpack(source: SourceFile): Place[] {
  const forNode = /\btarget:\s*['"](?:async-)?node/.exec(source.text)
  if (!forNode || /\bexternals(?:Presets)?\s*:\s*[^{]/.test(source.text) || /dd-trace\/webpack/.test(source.text))
    return []
  return [inSource(source, { line: lineAt(source.text, forNode.index) }, forNode[0])]
}

function byNext(source: SourceFile): Place[] {
  const standalone = /\boutput:\s*['"]standalone['"]/.exec(source.text)
  const external = /\b(?:serverExternalPackages|serverComponentsExternalPackages)\s*:/.test(source.text)
  return standalone && !external
    ? [inSource(source, { line: lineAt(source.text, standalone.index) }, standalone[0])]
    : []
}

function bundledByScript({ packageJson, configs }: Project): Place[] {
  const text = configs.find(({ path }) => path === 'package.json')?.text ?? ''
  return Object.entries(packageJson.scripts ?? {}).flatMap(([script, command]) => {
    const esbuild =
      /\besbuild\b.*--bundle/.test(command) &&
      /--platform=node/.test(command) &&
      !/--packages=external|--external:/.test(command)
    if (!esbuild && !/\bncc build\b/.test(command)) return []
    const line = lineAt(text, text.indexOf(`"${script}":`))
    return [{ file: 'package.json', line, text: lineOf(text, line), mark: esbuild ? '--bundle' : 'ncc build' }]
  })
}

/** Finds an option of `init()` with this value, such as `init({ logInjection: false })`. */
function initWith({ sources }: Project, option: string, value: string): Place[] {
  return sources.flatMap(source =>
    source.calls.flatMap(({ callee, args }) => {
      const found = callee === 'dd-trace.init' ? propertyIn(args[0], option) : undefined
      return isNode(found) && source.textOf(found) === value
        ? [inSource(source, found.loc.start, `${option}: ${value}`)]
        : []
    }),
  )
}

function oldTracer(project: Project): Place[] {
  const { settings, tracers, configs } = project
  const on =
    settings.some(({ name, value }) => name === 'DD_LOGS_INJECTION' && !isOff(value)) ||
    initWith(project, 'logInjection', 'true').length > 0
  if (on || usesSpanlog(project)) return []
  return tracers
    .filter(({ version }) => isBefore(version, 5, 58))
    .map(({ file, line, version }) => ({
      file,
      line,
      text: `${lineOf(textOf(configs, file), line)} ${version}`,
      mark: version,
    }))
}

/** Whether a version is older than `major.minor`. */
export function isBefore(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}
