import { expect, it, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { AppGrantOptions } from '../../../src/index.ts'
import { createSessionFixture } from '../../support/session-fixture.ts'
import { SIGNING } from '../../support/signing.ts'

const used = vi.hoisted((): string[] => [])

// The real jose; its calls are recorded.
vi.mock('jose', async (importOriginal) => {
  used.push('loaded')
  const jose = await importOriginal<typeof import('jose')>()
  const compactVerify = (...given: unknown[]): unknown => {
    used.push('compactVerify')
    return Reflect.apply(jose.compactVerify, undefined, given)
  }
  return { ...jose, compactVerify }
})

/** The life of a user's token up to its strict verification: the records that this read, and everything that was used of jose. */
async function verified(format: Pick<AppGrantOptions, 'signing'>) {
  const start = used.length
  const w = await createSessionFixture(async () => memoryStore(), {}, format)
  const { access } = await w.next(await w.start())
  const [reads, writes] = [w.observed.reads.length, w.observed.writes()]
  const before = used.length
  expect(await w.verify(access)).toBe('ok')
  const commands = w.observed.reads.slice(reads).map((refs) => refs.map(({ kind }) => kind).join(''))
  return { commands, written: w.observed.writes() - writes, used: used.slice(start), usedByVerify: used.slice(before) }
}

it('an opaque token is verified by one read of four records, without loading jose', async () => {
  expect(await verified({})).toEqual({ commands: ['tais'], written: 0, used: [], usedByVerify: [] })
})

it('a signed token is verified by the same read and one signature', async () => {
  const { commands, written, usedByVerify } = await verified({ signing: SIGNING })
  expect({ commands, written, usedByVerify }).toEqual({
    commands: ['tais'],
    written: 0,
    usedByVerify: ['compactVerify'],
  })
  expect(used).toContain('loaded')
})
