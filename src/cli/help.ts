import { optionsOf, SHARED_OPTIONS, usageOf } from './arguments.ts'
import type { Command, CommandOption } from './command.ts'

const EXIT_CODES = [
  'Exit codes:',
  '  0  done',
  '  1  not done: what the command is about does not exist, or it was refused; doctor: something is wrong',
  '  2  the command line is wrong, or was not confirmed: nothing was done',
  '  3  the store, the clock or the directory failed: nothing was done',
  '  4  the store did not confirm a write: repeat the command',
]

/** The help of all commands. */
export function helpOf(commands: readonly Command[]): string {
  return [
    'appgrant: the apps of a platform, on the command line, with the authority of the host',
    '',
    'Usage: appgrant COMMAND [operands] [options]',
    '',
    'Commands:',
    ...table(commands.map(({ name, operands = [], summary }) => [[name, ...operands].join(' '), summary])),
    '',
    'Options of every command:',
    ...table(rowsOf(SHARED_OPTIONS)),
    '',
    'URL is redis://…, rediss://…, mongodb://…, mongodb+srv://…, postgres://… or the path of a SQLite file.',
    'A URL with a password must be in APPGRANT_STORE: other users can read the arguments of a process.',
    '',
    ...EXIT_CODES,
  ].join('\n')
}

/** The help of one command. */
export function helpOfCommand(command: Command): string {
  const { summary, details = [] } = command
  return [
    usageOf(command),
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    ...details,
    '',
    'Options:',
    ...table(rowsOf(optionsOf(command))),
    '',
    ...EXIT_CODES,
  ].join('\n')
}

function rowsOf(options: Readonly<Record<string, CommandOption>>): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ])
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
}
