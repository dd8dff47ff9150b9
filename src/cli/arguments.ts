import { parseArgs } from 'node:util'
import { nearestName, shownName } from '../base/known-members.ts'
import { isAppSecretText } from '../credentials/app-secret-text.ts'
import { readAnyCredential } from '../credentials/read-any-credential.ts'
import type { Command, CommandOption, Given } from './command.ts'
import { UsageError } from './usage-error.ts'

/** The options of every command. */
export const SHARED_OPTIONS: Readonly<Record<string, CommandOption>> = {
  store: { value: 'URL', help: 'where the records are; default is the environment variable APPGRANT_STORE' },
  namespace: { value: 'NAME', help: 'the namespace of redisStore, default ag' },
  collection: { value: 'NAME', help: 'the collection of mongoStore, default appgrant' },
  table: { value: 'NAME', help: 'the table of postgresStore, default appgrant' },
  options: { value: 'FILE', help: 'a module that exports `options`, those of createAppGrant' },
  login: { value: 'NAME', help: 'who you are, recorded with what you do' },
  json: { help: 'print each result as a line of JSON' },
  help: { help: 'explain the command' },
}
/** The option of a command that cannot be undone. */
export const YES: CommandOption = { help: 'do not ask: what this does cannot be undone' }

/** The options of a command, by name. */
export function optionsOf(command: Command): Readonly<Record<string, CommandOption>> {
  return { ...command.options, ...(command.confirm && { yes: YES }), ...SHARED_OPTIONS }
}

/**
 * Finds the command that the arguments begin with.
 *
 * @throws UsageError that names the command that was probably meant.
 */
export function findCommand(
  args: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first = '', second = ''] = args
  const both = commands.find(({ name }) => name === `${first} ${second}`)
  if (both) return { command: both, rest: args.slice(2) }
  const one = commands.find(({ name }) => name === first)
  if (one) return { command: one, rest: args.slice(1) }
  const names = commands.map(({ name }) => name)
  const ofGroup = names.filter((name) => name.startsWith(`${first} `))
  if (ofGroup.length > 0) {
    const near = nearestName(
      second,
      ofGroup.map((name) => name.slice(first.length + 1)),
    )
    throw new UsageError(`${first}: expected ${near === undefined ? ofGroup.join(', ') : `${first} ${near}`}`)
  }
  const near = nearestName(`${first} ${second}`.trim(), names) ?? nearestName(first, names)
  const shown = looksLikeName(first) ? `${shownName(first)}: unknown command` : 'unknown command'
  throw new UsageError(`${shown}, expected ${near ?? names.join(', ')}`)
}

/**
 * Reads the options and operands of a command. No value is ever shown in an error: it may be a secret in the wrong place.
 *
 * @throws UsageError
 */
export function readArguments(command: Command, args: readonly string[]): Given {
  const options = optionsOf(command)
  const config = Object.entries(options).map(([name, { value }]) => [
    name,
    { type: value === undefined ? ('boolean' as const) : ('string' as const) },
  ])
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(config),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string | true> = {}
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const option = Object.hasOwn(options, name) && rawName.startsWith('--') ? options[name] : undefined
    if (!option) throw unknownOption(command, name, Object.keys(options))
    if (name in values) throw new UsageError(`${command.name}: --${name} is given twice`)
    if (option.value === undefined) {
      if (value !== undefined) throw new UsageError(`${command.name}: --${name} takes no value`)
      values[name] = true
      continue
    }
    if (value === undefined || value === '' || (!inlineValue && value.startsWith('-')))
      throw new UsageError(`${command.name}: --${name} needs a value: --${name} ${option.value}`)
    values[name] = value
  }
  refuseCredentials(args)
  if (values.help) return { operands, values }
  const expected = command.operands ?? []
  const missing = expected[operands.length]
  if (missing !== undefined) throw new UsageError(`${command.name}: ${missing} is missing. ${usageOf(command)}`)
  if (operands.length > expected.length)
    throw new UsageError(`${command.name}: ${operands.length - expected.length} too many. ${usageOf(command)}`)
  return { operands, values }
}

/** How a command is called, in a line. */
export function usageOf({ name, operands = [] }: Command): string {
  return ['Usage: appgrant', name, ...operands, '[options]'].join(' ')
}

/** Everybody on the machine can read the arguments of a process. */
export function refuseCredentials(args: readonly string[]): void {
  const isCredential = (text: string) => readAnyCredential(text) !== undefined || isAppSecretText(text)
  if (args.some((arg) => isCredential(arg) || isCredential(arg.slice(arg.indexOf('=') + 1))))
    throw new UsageError(
      'a token or secret is among the arguments, where every user of this machine can read it: revoke it. ' +
        'Secrets are read from standard input only: printf %s "$TOKEN" | appgrant report-leak',
    )
}

function unknownOption(command: Command, name: string, names: readonly string[]): UsageError {
  const near = nearestName(name, names)
  const expected = near === undefined ? `one of ${names.map((one) => `--${one}`).join(', ')}` : `--${near}`
  const shown = looksLikeName(name) ? `--${shownName(name)}` : 'an option'
  return new UsageError(`${command.name}: ${shown}: unknown option, expected ${expected}`)
}

/** A long text may be a secret. */
function looksLikeName(text: string): boolean {
  return /^[a-z][a-z-]{0,23}$/i.test(text)
}
