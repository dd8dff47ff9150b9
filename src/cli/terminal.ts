import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** The streams and the environment of a process. */
export interface Streams {
  readonly input: Readable & { readonly isTTY?: boolean | undefined }
  readonly output: Writable
  readonly errors: Writable & { readonly isTTY?: boolean | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a command reads and prints. */
export interface Terminal {
  /** Prints a result to standard output, with a line break. Resolves when it was taken. */
  print(line: string): Promise<void>
  /** Prints to standard error what is not a result. */
  say(line: string): void
  /** Counts what a long operation has done, and says so once a second. */
  progress(label: string): { add(count?: number): void; end(): void }
  /** The lines of standard input with their numbers, without those that are empty. */
  lines(): AsyncIterable<{ readonly line: number; readonly text: string }>
  /** Asks and returns what was typed; undefined if nobody is there to ask. */
  ask(question: string): Promise<string | undefined>
  readonly env: Streams['env']
}

const PROGRESS_MS = 1000

export function createTerminal({ input, output, errors, env }: Streams): Terminal {
  const say = (line: string) => void errors.write(`${line}\n`)
  const read = (): Interface => createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })

  return {
    env,
    say,
    print: (line) =>
      new Promise((resolve, reject) => output.write(`${line}\n`, (error) => (error ? reject(error) : resolve()))),
    progress(label) {
      let count = 0
      let saidAt = performance.now()
      return {
        add(more = 1) {
          count += more
          const now = performance.now()
          if (now - saidAt < PROGRESS_MS) return
          saidAt = now
          say(`${label}: ${count}`)
        },
        end: () => say(`${label}: ${count}`),
      }
    },
    async *lines() {
      let line = 0
      for await (const text of read()) {
        line++
        if (text.trim() !== '') yield { line, text: text.trim() }
      }
    },
    async ask(question) {
      if (input.isTTY !== true || errors.isTTY !== true) return undefined
      errors.write(question)
      const reader = read()
      try {
        for await (const line of reader) return line
        return undefined
      } finally {
        reader.close()
      }
    },
  }
}
