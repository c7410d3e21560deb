// An editor offers `import { spanlog } from 'spanlog'` as readily as the right entry.

/**
 * @deprecated Import it from `spanlog/express` or `spanlog/koa`.
 * @throws TypeError always
 */
export function spanlog(_options?: object): never {
  throw wrongEntry('spanlog')
}

/**
 * @deprecated Import it from `spanlog/express` or `spanlog/koa`.
 * @throws TypeError always
 */
export function recordErrors(): never {
  throw wrongEntry('recordErrors')
}

function wrongEntry(name: string): TypeError {
  return new TypeError(
    `Import \`${name}\` from the entry of your framework: \`import { ${name} } from 'spanlog/express'\` or \`'spanlog/koa'\`.`,
  )
}
