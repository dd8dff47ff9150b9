import type { AppGrant, Management } from '../index.ts'
import type { Store } from '../store.ts'
import type { Terminal } from './terminal.ts'

/** An option of a command. */
export interface CommandOption {
  /** What its value is, in capitals. Absent for an option without a value. */
  readonly value?: string
  /** What it does, in a line. */
  readonly help: string
}

/** What was given on the command line. */
export interface Given {
  readonly operands: readonly string[]
  readonly values: Readonly<Record<string, string | true | undefined>>
}

/** What a command works with. */
export interface Call extends Given {
  readonly terminal: Terminal
  /** Prints one result: as a line of JSON with `--json`, otherwise as `text`. */
  print(result: object, text: string): Promise<void>
  /** The value of an option that has one. */
  text(option: string): string | undefined
  /** True for an option without a value that was given, otherwise undefined. */
  flag(option: string): true | undefined
  /** The store, and its name without credentials. */
  readonly store: Store & { prepare?(): Promise<void> }
  readonly storeName: string
  /** Connects to the store. It has been called before the command, unless that reports what fails. */
  connect(): Promise<void>
  readonly driver: string
  readonly appgrant: AppGrant
  /** The management API with the host's authority and the login of `--login`. */
  readonly management: Management
  /** Whether `--options` names a directory. */
  readonly hasDirectory: boolean
  /** Whether `--options` was given. */
  readonly hasOptions: boolean
}

/** A command. */
export interface Command {
  /** One or two words. */
  readonly name: string
  readonly summary: string
  /** More about it, for its help. */
  readonly details?: readonly string[]
  /** What it takes besides options, in capitals. */
  readonly operands?: readonly string[]
  readonly options?: Readonly<Record<string, CommandOption>>
  /** What cannot be undone, as a question. It is asked unless there is `--yes`. */
  readonly confirm?: (call: Call) => string
  /** Whether it reports itself that the store cannot be reached. Default is false. */
  readonly reportsFailures?: boolean
  /** @returns the exit code. Default is 0. */
  run(call: Call): Promise<number | undefined>
}
