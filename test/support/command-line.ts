import { PassThrough, Readable } from 'node:stream'
import { run } from '../../src/cli/run.ts'

/** How a command ended, and what it printed. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** What a command gets besides its arguments. */
export interface Surroundings {
  /** Standard input. Default is empty. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** What somebody at a terminal types. */
  readonly typed?: string
}

export type RunCommand = (args: readonly string[], surroundings?: Surroundings) => Promise<Ran>

/** Runs the command line in this process. */
export const commandLine: RunCommand = async (args, { input = '', typed, env = {} } = {}) => {
  const isTTY = typed !== undefined
  const given = Object.assign(Readable.from([typed === undefined ? input : `${typed}\n`]), { isTTY })
  const output = new PassThrough()
  const errors = Object.assign(new PassThrough(), { isTTY })
  const [out, err] = [textOf(output), textOf(errors)]
  const code = await run(args, { input: given, output, errors, env })
  output.end()
  errors.end()
  return { code, out: await out, err: await err }
}

/** The results that were printed with `--json`. */
export function resultsIn({ out }: Ran): readonly Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
