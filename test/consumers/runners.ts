import type { Parts } from './projects'

/** A test runner, which tests an application that uses spanlog. */
export interface Runner {
  readonly title: string
  readonly parts: Parts
  /** What follows `node`. */
  readonly args: string[]
}

const parts = (folder: string, packages?: string): Parts => ({
  folder: `runners/${folder}`,
  files: ['runners/blog.cjs', 'serve.cjs'],
  ours: ['express'],
  packages,
})

const jest = 'node_modules/jest/bin/jest.js'
const jestConfig = ['--config', 'jest.config.json']

export const runners: Runner[] = [
  { title: 'node:test', parts: parts('node-test'), args: ['--test'] },
  { title: 'Mocha 12', parts: parts('mocha', 'mocha'), args: ['node_modules/mocha/bin/mocha.js', 'blog.test.mjs'] },
  { title: 'Vitest 4', parts: parts('vitest', 'vitest'), args: ['node_modules/vitest/vitest.mjs', 'run'] },
  { title: 'Jest 30, CommonJS', parts: parts('jest', 'jest'), args: [jest, ...jestConfig] },
  {
    title: 'Jest 30, ESM',
    parts: parts('jest-esm', 'jest'),
    args: ['--experimental-vm-modules', jest, ...jestConfig],
  },
]
