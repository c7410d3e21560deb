import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { readProject } from '../../../src/dev/doctor/project/project'
import { rules } from '../../../src/dev/doctor/rules/index'
import { configurations } from './specimens/configurations'
import { projects } from './specimens/projects'

/** Paths and contents. */
export type Files = Record<string, string>

describe('the doctor on source and configuration', () => {
  for (const [code, { sick, well }] of Object.entries(projects)) {
    for (const [what, files] of Object.entries(sick)) {
      it(`finds ${code}: ${what}`, () => {
        const found = placesIn(files)
        assert.ok(found[code], `${JSON.stringify(found)}`)
        assert.ok(
          found[code].every(({ file, line, text, mark = '' }) => file in files && line > 0 && text.includes(mark)),
          JSON.stringify(found[code]),
        )
      })
    }
    for (const [what, files] of Object.entries(well)) {
      it(`finds no ${code}: ${what}`, () => assert.deepEqual(placesIn(files), {}))
    }
  }

  it('has a sick specimen and a well one for each rule that looks at source or configuration', () => {
    const wanted = rules.filter(({ project }) => project).map(({ code }) => code)
    assert.deepEqual(Object.keys(projects).sort(), wanted.sort())
    for (const { sick, well } of Object.values(projects))
      assert.ok(Object.keys(sick).length && Object.keys(well).length)
  })

  for (const [name, { files, found }] of Object.entries(configurations)) {
    it(`says the right thing of ${name}`, () => {
      const places = Object.entries(placesIn(files)).map(([code, [first]]) => `${code} ${first.file}:${first.line}`)
      assert.deepEqual(places.sort(), [...found].sort())
    })
  }
})

/** What each rule finds in a project of these files. */
function placesIn(files: Files) {
  const root = mkdtempSync(join(tmpdir(), 'doctor-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const project = readProject(root)
    return Object.fromEntries(
      rules
        .map(({ code, project: find }) => [code, find?.(project) ?? []] as const)
        .filter(([, places]) => places.length),
    )
  } finally {
    rmSync(root, { recursive: true })
  }
}
