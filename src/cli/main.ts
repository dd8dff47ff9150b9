#!/usr/bin/env node
import { run } from './run.ts'

const { stdin: input, stdout: output, stderr: errors, env, argv } = process
/** A driver may keep the process alive: what it does no longer matters. */
const PATIENCE_MS = 2000

// What reads the output, such as `head`, may have enough of it.
output.on('error', () => process.exit())
process.exitCode = await run(argv.slice(2), { input, output, errors, env })
setTimeout(() => process.exit(), PATIENCE_MS).unref()
