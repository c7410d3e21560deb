/** Datadog's grok, as far as the docs use it: the first rule that matches the whole line. */
export function parseByRules(line: string, rules: string): { [field: string]: string } | undefined {
  for (const rule of rules.trim().split('\n')) {
    const fields: string[] = []
    const pattern = rule.slice(rule.indexOf(' ') + 1).replace(/%\{(\w+)(?::([\w.]+))?\}/g, (_, matcher, field) => {
      if (field) fields.push(field)
      return field ? `(${matchers[matcher]})` : matchers[matcher]
    })
    const found = new RegExp(`^${pattern.replace(/\((?=dd| dd)/g, '(?:')}$`).exec(line)
    if (found) return Object.fromEntries(fields.map((field, index) => [field, found[index + 1]]))
  }
  return undefined
}

const matchers: { [name: string]: string } = { data: '.*?', notSpace: '\\S+', word: '\\b\\w+\\b' }
