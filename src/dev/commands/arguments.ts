import { parseArgs } from 'node:util'

/** The error for a wrong command line. Its message contains the correction. */
export class UsageError extends Error {}

type Options = Record<string, { type: 'boolean' | 'string' }>

/** The arguments of a command. */
export interface Arguments<Known extends Options> {
  readonly values: { [Name in keyof Known]?: Known[Name]['type'] extends 'boolean' ? boolean : string } & {
    help?: boolean
  }
  readonly positionals: string[]
  /** The arguments after `--`; absent without it. */
  readonly program?: string[]
}

/** @throws {UsageError} */
export function readArguments<const Known extends Options>(args: string[], options: Known): Arguments<Known> {
  const end = args.indexOf('--')
  try {
    const { values, positionals } = parseArgs({
      args: end < 0 ? args : args.slice(0, end),
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    return {
      values: values as Arguments<Known>['values'],
      positionals,
      program: end < 0 ? undefined : args.slice(end + 1),
    }
  } catch (error) {
    throw new UsageError(`${wrongOption(error as Error)}\n`)
  }
}

/** The second sentence of Node's message about an unknown option is wrong here, so it is replaced. */
export function wrongOption({ message }: Error): string {
  return /^Unknown option/.test(message) ? `${message.split('. ')[0]}. \`--help\` lists the options.` : message
}

/** @throws {UsageError} */
export function wholeNumber(option: string, text: string | undefined, from: number, to: number): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= from && number <= to) return number
  throw new UsageError(`\`--${option}\` must be a number from ${from} to ${to}, not \`${text}\`.\n`)
}

export function say(text: string): number {
  process.stdout.write(text)
  return 0
}
