/**
 * One sentence for a person who wrote `--for` or `--requests` after `--`, where it belongs to the command. `undefined` if there is none,
 * or if the doctor has this option already: then the command was meant.
 *
 * @param own the arguments before `--`
 * @param program the command after it
 */
export function misplacedOptions(own: readonly string[], program: readonly string[]): string | undefined {
  const moved: string[] = []
  const rest: string[] = []
  const names = new Set<string>()
  for (let n = 0; n < program.length; n++) {
    const part = program[n] as string
    const [, name, value] = /^(--(?:for|requests))(=.*)?$/.exec(part) ?? []
    if (!name || own.some(each => each.split('=', 1)[0] === name)) {
      rest.push(part)
      continue
    }
    names.add(`\`${name}\``)
    moved.push(part, ...(value === undefined ? program.slice(++n, n + 1) : []))
  }
  if (names.size === 0) return undefined
  const words = inShell(['spanlog', 'doctor', ...own, ...moved, '--', ...rest])
  const [belongs, it] = names.size > 1 ? ['belong', 'them'] : ['belongs', 'it']
  return `${[...names].join(' and ')} after \`--\` ${belongs} to the command. For the doctor, write ${it} before: \`${words}\`.`
}

/** Words as a command that a shell reads back. */
export function inShell(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}
