// Runs commands of the command line one after another. Each line of standard input is their arguments and surroundings as JSON, and
// each line of output is how one ended.
import { createInterface } from 'node:readline'
import { commandLine } from '../../support/command-line.ts'

for await (const line of createInterface({ input: process.stdin })) {
  const [args, surroundings] = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await commandLine(args, surroundings))}\n`)
}
