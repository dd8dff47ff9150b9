import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord, revisionHead } from '../../../adapters/redis/record-encoding.ts'
import { record } from '../../../src/testing/sample-records.ts'

const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/)
const records = fc
  .record({
    kind: names,
    partition: names,
    id: names,
    revision: names,
    groups: fc.uniqueArray(names, { maxLength: 4 }),
    position: fc.nat(Number.MAX_SAFE_INTEGER),
    data: fc.json().map((json) => json.replaceAll('a', ' ')),
    expiry: fc.constantFrom('none', 'position', 'other'),
    other: fc.nat(Number.MAX_SAFE_INTEGER),
  })
  .map(({ expiry, other, ...rest }) => ({
    ...rest,
    ...(expiry !== 'none' && { expiresAt: expiry === 'position' ? rest.position : other }),
  }))

describe('the Redis record encoding', () => {
  it('a record is decoded to what was encoded', () => {
    fc.assert(fc.property(records, (stored) => void expect(decodeRecord(stored, encodeRecord(stored))).toEqual(stored)))
  })

  it('an encoded record begins with its revision, and with no other revision', () => {
    fc.assert(
      fc.property(records, names, (stored, other) => {
        const value = encodeRecord(stored)
        expect(value.startsWith(revisionHead(stored))).toBe(true)
        expect(value.startsWith(revisionHead({ ...stored, revision: other }))).toBe(other === stored.revision)
      }),
    )
  })

  it('the encoding adds little to the data: no ref, and the expiry only once', () => {
    const token = record({
      revision: 'abcdefghijk',
      groups: ['g'.repeat(23)],
      expiresAt: 1_700_000_000_000,
      data: '{}',
    })
    expect(encodeRecord(token)).toBe('abcdefghijk loyw3v28 ggggggggggggggggggggggg {}')
  })

  it('a value that the library did not write is not decoded', () => {
    for (const value of ['', ' ', 'a', 'a b', 'a b c', ' a b c']) {
      expect(() => decodeRecord(record(), value), JSON.stringify(value)).toThrow('was not written by appgrant')
    }
  })
})
