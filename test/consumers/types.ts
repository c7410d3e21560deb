import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { install } from '../on-demand'
import { root } from '../packed'
import { type Parts, type Projects, runNode } from './projects'

/** A version of TypeScript, by the name of its folder of packages; `newest` is ours. */
export const compilers = ['5.4', '5.9', '6', 'newest'] as const
type Compiler = (typeof compilers)[number]

/** How a project has its modules resolved. */
export const resolutions = {
  node16: { module: 'node16' },
  nodenext: { module: 'nodenext' },
  bundler: { module: 'preserve', moduleResolution: 'bundler' },
}
export type Resolution = keyof typeof resolutions

/** The types of a framework, by its major. */
export const typings: { [title: string]: Parts } = {
  '@types/express 4': { folder: 'frameworks/express', packages: 'types-express-4' },
  '@types/express 5': { folder: 'frameworks/express', ours: ['@types/express'] },
  '@types/koa 2': { folder: 'frameworks/koa', packages: 'types-koa-2' },
  '@types/koa 3': { folder: 'frameworks/koa', packages: 'types-koa-3' },
}

/** Compiles the CommonJS and the ESM file of a project, and the declarations of all libraries with them. */
export async function compile(projects: Projects, typing: string, compiler: Compiler, resolution: Resolution) {
  const name = `${typing} ${compiler} ${resolution}`.replaceAll(/\W/g, '-')
  const project = await projects.make(name, typings[typing])
  const compilerOptions = {
    target: 'es2022',
    ...resolutions[resolution],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.cts', '*.mts'] }))
  const home = compiler === 'newest' ? root : await install(`typescript-${compiler}`)
  const tsc = join(home, 'node_modules', 'typescript', 'bin', 'tsc')
  await runNode([tsc, '-p', project], project)
}
