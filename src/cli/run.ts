import { isAppGrantError } from '../base/errors.ts'
import { type AppGrantOptions, createAppGrant } from '../index.ts'
import { findCommand, readArguments, refuseCredentials } from './arguments.ts'
import type { Call, Command, Given } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { helpOf, helpOfCommand } from './help.ts'
import { type OpenedStore, openStore, secretsIn } from './open-store.ts'
import { readOptions } from './read-options.ts'
import { createTerminal, type Streams, type Terminal } from './terminal.ts'
import { textsOf } from './texts-of.ts'
import { NotDoneError, UsageError } from './usage-error.ts'
import { VERSION } from './version.ts'

/** The exit codes, which the help explains. */
export const EXIT = { done: 0, notDone: 1, usage: 2, failed: 3, unknown: 4 } as const

/** How long a call of the store may take, in ms: nobody waits for a person's command as for a request. */
const TIMEOUT_MS = 5000
const FAILED = ['store_unavailable', 'clock_skew', 'clock_unavailable', 'directory_unavailable'] as const

/** Runs the command line. Never rejects. @returns the exit code. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const terminal = createTerminal(streams)
  try {
    const [first] = args
    refuseCredentials(args)
    if (first === '--version') return await printed(terminal, VERSION)
    if (first === undefined || first === '--help' || first === 'help') {
      await terminal.print(helpOf(COMMANDS))
      return first === undefined ? EXIT.usage : EXIT.done
    }
    const { command, rest } = findCommand(args, COMMANDS)
    const given = readArguments(command, rest)
    if (given.values.help) return await printed(terminal, helpOfCommand(command))
    return await runCommand(command, given, terminal)
  } catch (error) {
    return report(error, args, terminal)
  }
}

async function printed(terminal: Terminal, text: string): Promise<number> {
  await terminal.print(text)
  return EXIT.done
}

async function runCommand(command: Command, given: Given, terminal: Terminal): Promise<number> {
  const { values } = given
  const options = typeof values.options === 'string' ? await readOptions(values.options) : {}
  const opened = await open(options, values, terminal)
  const appgrant = createAppGrant({ timeoutMs: TIMEOUT_MS, ...options, store: opened.store })
  // The command reports what fails: without a listener it would be a warning too.
  appgrant.events.on('outage', () => {})
  try {
    const { login } = values
    const call: Call = {
      ...given,
      terminal,
      print: (result, text) => terminal.print(values.json ? JSON.stringify(result) : text),
      text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
      flag: (option) => (values[option] === true ? true : undefined),
      store: opened.store,
      storeName: opened.name,
      connect: async () => opened.connect?.(),
      driver: opened.driver,
      appgrant,
      management: typeof login === 'string' ? appgrant.asHost({ login }) : appgrant,
      hasDirectory: options.directory !== undefined,
      hasOptions: values.options !== undefined,
    }
    await confirm(command, call)
    if (!command.reportsFailures) await call.connect()
    return (await command.run(call)) ?? EXIT.done
  } finally {
    await close(appgrant, opened)
  }
}

async function open(
  options: Partial<AppGrantOptions>,
  values: Given['values'],
  { env }: Terminal,
): Promise<OpenedStore> {
  const { store } = options
  if (!store) return openStore(values, env)
  if (values.store !== undefined) throw new UsageError('--store: the module of --options has a store already')
  return { store, name: 'the store of --options', driver: 'that of the host', close: async () => {} }
}

/** What a command has removed is freed in the store before this resolves. */
async function close(appgrant: { close(): Promise<void> }, opened: OpenedStore): Promise<void> {
  try {
    await appgrant.close()
  } finally {
    await opened.close()
  }
}

async function confirm(command: Command, call: Call): Promise<void> {
  if (!command.confirm || call.values.yes) return
  const typed = await call.terminal.ask(`${command.confirm(call)}\nThis cannot be undone. Type yes to go on: `)
  if (typed === undefined)
    throw new UsageError(`${command.name}: this cannot be undone, and nobody is there to ask: pass --yes`)
  if (typed.trim() !== 'yes') throw new UsageError(`${command.name}: not confirmed, nothing was done`)
}

function report(error: unknown, args: readonly string[], terminal: Terminal): number {
  const isJson = args.includes('--json')
  const secrets = secretsIn(terminal.env.APPGRANT_STORE)
  const shown = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  const { code, texts } = described(error)
  const [message = '', ...more] = texts.map(shown)
  if (isJson) terminal.say(JSON.stringify({ error: { message, ...(more.length > 0 && { hints: more }) } }))
  else for (const line of [`appgrant: ${message}`, ...more.map((text) => `  ${text}`)]) terminal.say(line)
  return code
}

function described(error: unknown): { readonly code: number; readonly texts: readonly string[] } {
  if (error instanceof UsageError || error instanceof TypeError) return { code: EXIT.usage, texts: [error.message] }
  if (error instanceof NotDoneError) return { code: EXIT.notDone, texts: [error.message] }
  const texts = textsOf(error)
  if (isAppGrantError(error, 'outcome_unknown')) return { code: EXIT.unknown, texts }
  if (isAppGrantError(error, ...FAILED) || !isAppGrantError(error)) return { code: EXIT.failed, texts }
  return { code: EXIT.notDone, texts }
}
