import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Flooded } from '../support/flood.ts'

const PROGRAM = fileURLToPath(new URL('../support/flood.ts', import.meta.url))
const MB = 1_000_000

describe('memory that callers fill', () => {
  it('a flood of 16 kB texts at every public entry leaves nothing of them on the heap (ERR-5, ERR-7)', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', PROGRAM])
    const floods: readonly Flooded[] = JSON.parse(stdout)
    expect(floods.length).toBeGreaterThan(40)
    // Of 20,000 failures it would be 320 MB, of 200 calls 3.2 MB.
    for (const { entry, calls, growth } of floods) expect(growth, entry).toBeLessThan(calls > 1000 ? 15 * MB : 2 * MB)
    // A failed attempt is counted, a registration is not even that (WEB-5).
    const registrations = floods.find(({ entry }) => entry === 'registrations of programs')
    expect(registrations?.growth).toBeLessThan(2 * MB)
  }, 300_000)
})
