import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKey } from '../../src/credentials/app-key.ts'
import { numberFromBase62 } from '../../src/credentials/base62.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createTokenFormat, WIDTH } from '../../src/credentials/token-format.ts'

const random = createRandomText()
const fields = () => ({ app: createKey('org-1', random), token: random(WIDTH.token), secret: random(WIDTH.secret) })
const page = readFileSync(new URL('../../docs/token-format.md', import.meta.url), 'utf8')

describe('token format', () => {
  it('is <brand>_at_<app 32><token 16><secret 48><checksum 6>, as docs/token-format.md says', () => {
    const given = fields()
    const text = createTokenFormat('ag').write('at', given)
    expect(text).toMatch(/^ag_at_[A-Za-z0-9]{102}$/)
    expect(text.slice(6, 38)).toBe(given.app)
    expect(text.slice(38, 54)).toBe(given.token)
    expect(text.slice(54, 102)).toBe(given.secret)
    expect(numberFromBase62(text.slice(102))).toBe(crc32(text.slice(0, 102)))
    const row = (name: string, width: number) => expect(page).toMatch(new RegExp(`\\| ${name} \\| ${width} \\|`))
    row('app', WIDTH.app)
    row('token', WIDTH.token)
    row('secret', WIDTH.secret)
    row('checksum', 6)
  })

  it('reads what it wrote, for any brand', () => {
    for (const brand of ['ag', 'voip', 'a1', 'abcdefghij']) {
      const given = fields()
      const format = createTokenFormat(brand)
      expect(format.read(format.write('at', given))).toEqual({ kind: 'at', ...given })
    }
  })

  it('refuses the token of another brand', () => {
    const text = createTokenFormat('ag').write('at', fields())
    for (const brand of ['ah', 'a', 'agg', 'ag_at', 'AG']) expect(createTokenFormat(brand).read(text)).toBeUndefined()
  })

  it('refuses every single changed, missing or added character, and every truncation', () => {
    const format = createTokenFormat('ag')
    const text = format.write('at', fields())
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x'
      expect(format.read(text.slice(0, at) + other + text.slice(at + 1)), `changed at ${at}`).toBeUndefined()
      expect(format.read(text.slice(0, at) + text.slice(at + 1)), `removed at ${at}`).toBeUndefined()
      expect(format.read(text.slice(0, at)), `cut at ${at}`).toBeUndefined()
      expect(format.read(`${text.slice(0, at)}x${text.slice(at)}`), `added at ${at}`).toBeUndefined()
    }
    for (const wrong of [`${text}\n`, ` ${text}`, text.toUpperCase(), text.toLowerCase(), `${text}${text}`])
      expect(format.read(wrong)).toBeUndefined()
  })

  it('refuses characters outside A-Za-z0-9 even under a right checksum', () => {
    const format = createTokenFormat('ag')
    const { app, token, secret } = fields()
    for (const bad of ['.', '-', '_', ' ', '\n', '\0', 'é', '＃']) {
      const text = format.write('at', { app, token, secret: bad + secret.slice(1) })
      expect(format.read(text), JSON.stringify(bad)).toBeUndefined()
    }
  })

  it('answers undefined to any text', () => {
    const format = createTokenFormat('ag')
    const nearly = fc
      .tuple(fc.constantFrom('ag_', 'ag_at_', 'ag_rt_', 'ag__', '__proto___'), fc.string())
      .map((all) => all.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), nearly), (text) => {
        expect(format.read(text)).toBeUndefined()
      }),
      { seed: 41, numRuns: 2000 },
    )
    expect(format.read('ag_at_'.padEnd(100_000, 'a'))).toBeUndefined()
  })
})

describe('the expression for secret scanners in docs/token-format.md', () => {
  const expression = /```regex token\n(.+)\n```/.exec(page)?.[1] ?? ''

  it('finds each token in a text, whole, for any brand', () => {
    for (const brand of ['ag', 'voip', 'abcdefghij']) {
      const tokens = [createTokenFormat(brand).write('at', fields()), createTokenFormat(brand).write('at', fields())]
      const text = `Authorization: Bearer ${tokens[0]}\n{"token":"${tokens[1]}"}`
      expect(text.match(new RegExp(expression, 'g'))).toEqual(tokens)
    }
  })

  it('finds nothing in longer words, keys, digests or file names', () => {
    const token = createTokenFormat('ag').write('at', fields())
    const others = [
      `${token}x`,
      `x${'y'.repeat(20)}${token}`,
      token.slice(0, -1),
      createKey('a', random),
      'ag_at_short',
      'f'.repeat(200),
    ]
    for (const text of others) expect(text.match(new RegExp(expression, 'g')), text).toBeNull()
  })
})
