import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(__dirname, '..', '..')

/** A block of code on a page. */
export interface Block {
  readonly language: string
  readonly code: string
}

/** What stands below one heading. */
export interface Section {
  readonly title: string
  readonly blocks: Block[]
  /** What the last `npm install` lines above have installed. */
  readonly installed: string[]
}

/** A page for users. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly sections: Section[]
}

/** What other tests check; two of them are written by programs. */
const checkedElsewhere = ['docs/doctor.md', 'docs/compatibility.md', 'docs/nest.md']

export const allPages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(file => file.endsWith('.md'))
    .map(file => `docs/${file}`),
].map(readPage)

export const pages = allPages.filter(({ path }) => !checkedElsewhere.includes(path))

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, sections: sectionsOf(text) }
}

function sectionsOf(text: string): Section[] {
  const sections: Section[] = []
  let installed: string[] = []
  for (const [, heading, fence, code = ''] of text.matchAll(/^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) sections.push({ title: heading, blocks: [], installed })
    const section = sections.at(-1)
    if (!fence || !section) continue
    section.blocks.push({ language: fence, code })
    const names = fence === 'sh' ? installedBy(code) : []
    if (names.length > 0) section.installed.splice(0, Infinity, ...names)
    installed = [...section.installed]
  }
  return sections
}

function installedBy(code: string): string[] {
  return [...code.matchAll(/^npm install (.*)$/gm)].flatMap(([, rest = '']) =>
    rest.split(/\s+/).filter(word => word && !word.startsWith('-')),
  )
}

export const blocksOf = (page: Page, language: string): string[] =>
  page.sections.flatMap(({ blocks }) => codeIn(blocks, language))

export const codeIn = (blocks: readonly Block[], language: string): string[] =>
  blocks.filter(block => block.language === language).map(({ code }) => code)

/** The file that a block is for: its first line may tell. */
export function fileOf(code: string, extension: string): string {
  const [, name] = /^\/\/ ([\w.-]+\.\w+)\n/.exec(code) ?? []
  if (name) return name
  return /^import /m.test(code) ? `app.m${extension}` : `app.${extension}`
}

/** The anchors of a page, as GitHub makes them of headings. */
export function anchorsOf({ text }: Page): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}
