import { isPreloaded, isTraced } from '../project/find'
import { neededNode } from '../project/installed'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import { lineAt, lineOf } from '../project/text-file'
import type { Rule } from './rule'

/** dd-trace that is preloaded on a Node that is too old for it. */
export const newerNode: Rule = {
  code: 'tracer-needs-newer-node',
  title: 'This version of dd-trace does not start on this version of Node',
  why: '`dd-trace/init` and `dd-trace/initialize.mjs` do nothing on a Node that is older than dd-trace asks for in its package.json. They print no message. dd-trace 6 needs Node 22. npm installs it on an older Node, too, and only warns.',
  looks: '"start": "node --require dd-trace/init app.js"   // dd-trace 6, and a Dockerfile with FROM node:20',
  fix: {
    any: 'FROM node:22                         # Dockerfile, .nvmrc: a Node that dd-trace supports\nnpm install dd-trace@5                # or the newest dd-trace that supports your Node',
  },
  sources: [
    'https://github.com/DataDog/dd-trace-js/releases',
    'https://docs.datadoghq.com/tracing/trace_collection/compatibility/nodejs/',
  ],
  run: ({ traces, served, lines }) => {
    const tooOld = served && traces.length === 0 && Number.parseInt(process.versions.node, 10) < (neededNode('.') ?? 0)
    return tooOld && !lines.some(({ line }) => line.hasDd)
      ? { lines: lines.length, example: lines[0]?.example }
      : undefined
  },
  project: project => (isTraced(project) && startsByFile(project) ? tooOldNodes(project) : []),
}

/** Whether the tracer is started by a file of dd-trace. Only these files compare the version of Node; `init()` in code does not. */
function startsByFile(project: Project): boolean {
  const form = /^dd-trace\/init(?:ialize)?(?:\.m?js)?$/
  return isPreloaded(project) || project.sources.some(({ imports }) => imports.some(({ from }) => form.test(from)))
}

/**
 * Where a project names its Node: the first kind of file that names one counts. A range such as `>=20` in package.json is left out,
 * because the application may run on a newer one.
 */
const namesOfNode: readonly [file: RegExp, version: RegExp][] = [
  [/(?:^|\/)(?:[^/]*\.)?Dockerfile[^/]*$/i, /^FROM\s+(?:--\S+\s+)?\S*\bnode(?:js)?:?(\d+)/gim],
  [/^\.(?:nvmrc|node-version)$/, /^v?(\d+)/gm],
  [/^package\.json$/, /"engines":\s*\{[^}]*"node":\s*"[~^=v]?(\d+)(?:\.[\dx*]+)*"/g],
]

function tooOldNodes(project: Project): Place[] {
  const { tracers, needsNode } = project
  const six = tracers.some(({ version, file }) => !file.includes('/') && Number.parseInt(version, 10) >= 6)
  const needed = needsNode ?? (six ? 22 : 0)
  const named = namesOfNode.map(([file, version]) => nodesIn(project, file, version)).find(found => found.length)
  return (named ?? []).filter(({ major }) => major < needed).map(({ place }) => place)
}

/** The last version in each of these files: the last stage of a Dockerfile is the one that runs. */
function nodesIn({ configs }: Project, file: RegExp, version: RegExp): { major: number; place: Place }[] {
  return configs.flatMap(({ path, text }) => {
    const found = file.test(path) ? [...text.matchAll(version)].pop() : undefined
    if (!found) return []
    const line = lineAt(text, found.index + found[0].length)
    const mark = found[0].split('\n').pop()?.trim()
    return [{ major: Number(found[1]), place: { file: path, line, text: lineOf(text, line), mark } }]
  })
}
