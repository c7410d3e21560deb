// An editor may complete `import { spanlog } from 'spanlog'`, which is the wrong entry. The errors of these functions name the right
// one.

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
