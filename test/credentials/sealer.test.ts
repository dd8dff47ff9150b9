import { describe, expect, it } from 'vitest'
import { checkKeyRing } from '../../src/credentials/key-ring.ts'
import { createSealer } from '../../src/credentials/sealer.ts'

const ring = (...keys: readonly string[]) =>
  checkKeyRing(
    'createAppGrant',
    'keyRing',
    keys.map((key) => key.padEnd(32, '.')),
  )
const TEXT = JSON.stringify({ c: 'ünïcode', n: 1 })

describe('createSealer', () => {
  const sealer = createSealer(ring('new', 'old'), 'a purpose')

  it('only a ring that has the key opens what it has sealed, for the same purpose', () => {
    const sealed = createSealer(ring('old'), 'a purpose').seal(TEXT)
    expect(sealed).toMatch(/^[\w-]+$/)
    expect(sealer.open(sealed)).toBe(TEXT)
    expect(createSealer(ring('new', 'old'), 'another purpose').open(sealed)).toBeUndefined()
    expect(createSealer(ring('new'), 'a purpose').open(sealed)).toBeUndefined()
  })

  it('the same text is sealed to another one each time, and shows nothing but its length', () => {
    const sealed = Array.from({ length: 1000 }, () => sealer.seal(TEXT))
    expect(new Set(sealed).size).toBe(1000)
    expect(new Set(sealed.map(({ length }) => length)).size).toBe(1)
    expect(Buffer.from(sealed[0] ?? '', 'base64url').toString('latin1')).not.toContain('code')
  })

  it('a text that was changed in any place, cut, extended or written otherwise is not opened', () => {
    const sealed = sealer.seal(TEXT)
    const bytes = Buffer.from(sealed, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 1
      expect(sealer.open(changed.toString('base64url')), `byte ${at}`).toBeUndefined()
    }
    const others = [
      '',
      'A',
      sealed.slice(0, -1),
      `${sealed}A`,
      `${sealed}=`,
      `${sealed}\n`,
      ` ${sealed}`,
      'A'.repeat(100_000),
    ]
    for (const text of others) expect(sealer.open(text)).toBeUndefined()
  })
})
