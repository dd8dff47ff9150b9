import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKey } from '../../src/credentials/app-key.ts'
import { createAppSecretText, isAppSecretText } from '../../src/credentials/app-secret-text.ts'
import { numberFromBase62 } from '../../src/credentials/base62.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createTokenFormat, type TokenFields, type TokenKind, WIDTH } from '../../src/credentials/token-format.ts'

const random = createRandomText()
const page = readFileSync(new URL('../../docs/token-format.md', import.meta.url), 'utf8')

/** What the page says: the fields of each kind in their order, and the width of each field. */
const KINDS = new Map(
  [...page.matchAll(/^\| ([a-z]{2}) \| ([a-z ]+ checksum) \|$/gm)].map(([, kind = '', fields = '']) => [
    kind as TokenKind,
    fields.split(' '),
  ]),
)
const WIDTHS = new Map(
  [...page.matchAll(/^\| ([a-z]+) \| (\d+) \| /gm)].map(([, field = '', width]) => [field, Number(width)]),
)
const kinds = [...KINDS.keys()]

/** Fields that any kind can be written with. */
const fields = () => ({
  app: createKey('org-1', random),
  install: random(WIDTH.install),
  session: random(WIDTH.session),
  token: random(WIDTH.token),
  stage: '00003',
  secret: random(WIDTH.secret),
  tag: random(WIDTH.tag),
})
const write = (kind: TokenKind, prefix = 'ag', given: TokenFields<TokenKind> = fields()) =>
  createTokenFormat(prefix).write(kind, given as ReturnType<typeof fields>)

describe('token format', () => {
  it('the kinds and widths of tokens are those of docs/token-format.md', () => {
    expect(kinds).toEqual(['at', 'ut', 'as', 'us', 'qt', 'rq', 'rc', 'ac', 'rt'])
    expect(Object.fromEntries(WIDTHS)).toEqual({ ...WIDTH, checksum: 6 })
  })

  for (const [kind, names] of KINDS) {
    it(`${kind} tokens are <prefix>_${kind}_ and ${names.join(', ')}, as docs/token-format.md says`, () => {
      const given: Record<string, string> = fields()
      const text = write(kind, 'ag', given as ReturnType<typeof fields>)
      expect(text.slice(0, 6)).toBe(`ag_${kind}_`)
      let at = 6
      for (const name of names.slice(0, -1)) {
        const width = WIDTHS.get(name) ?? 0
        expect(text.slice(at, at + width), name).toBe(given[name])
        at += width
      }
      expect(text.slice(at)).toMatch(/^[A-Za-z0-9]{6}$/)
      expect(numberFromBase62(text.slice(at))).toBe(crc32(text.slice(0, at)))
      expect(page).toContain(`\`<prefix>_${kind}_\` and ${text.length - 6} characters | ${text.length - 2} + prefix`)
    })

    it(`${kind} tokens are read as they were written, under any prefix and under no other prefix`, () => {
      for (const prefix of ['ag', 'voip', 'a1', 'abcdefghij']) {
        const given: Record<string, string> = fields()
        const text = write(kind, prefix, given as ReturnType<typeof fields>)
        const own = Object.fromEntries(names.slice(0, -1).map((name) => [name, given[name]]))
        expect(createTokenFormat(prefix).read(text)).toEqual({ kind, ...own })
        for (const other of ['ah', 'a', 'agg', 'voi', 'AG'].filter((one) => one !== prefix))
          expect(createTokenFormat(other).read(text)).toBeUndefined()
      }
    })

    it(`${kind} tokens are refused if a character is changed, missing or added, if cut, or under another kind`, () => {
      const format = createTokenFormat('ag')
      const text = write(kind)
      for (let at = 0; at < text.length; at++) {
        const other = text[at] === 'x' ? 'y' : 'x'
        expect(format.read(text.slice(0, at) + other + text.slice(at + 1)), `changed at ${at}`).toBeUndefined()
        expect(format.read(text.slice(0, at) + text.slice(at + 1)), `removed at ${at}`).toBeUndefined()
        expect(format.read(text.slice(0, at)), `cut at ${at}`).toBeUndefined()
        expect(format.read(`${text.slice(0, at)}x${text.slice(at)}`), `added at ${at}`).toBeUndefined()
      }
      const renamed = kinds.filter((one) => one !== kind).map((one) => text.replace(`_${kind}_`, `_${one}_`))
      for (const wrong of [...renamed, `${text}\n`, ` ${text}`, text.toUpperCase(), text.toLowerCase(), text + text])
        expect(format.read(wrong)).toBeUndefined()
    })

    it(`${kind} tokens with a character outside A-Za-z0-9 are refused even with a valid checksum`, () => {
      const format = createTokenFormat('ag')
      for (const bad of ['.', '-', '_', ' ', '\n', '\0', 'é', '＃']) {
        const given = fields()
        const text = write(kind, 'ag', { ...given, secret: bad + given.secret.slice(1) })
        expect(format.read(text), JSON.stringify(bad)).toBeUndefined()
      }
    })
  }

  it('read returns undefined for any other text', () => {
    const format = createTokenFormat('ag')
    const begin = fc.constantFrom('ag_', ...kinds.map((kind) => `ag_${kind}_`), 'ag__', '__proto___', 'ag___proto___')
    const nearly = fc.tuple(begin, fc.string()).map((all) => all.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), nearly), (text) => {
        expect(format.read(text)).toBeUndefined()
      }),
      { seed: 41, numRuns: 2000 },
    )
    for (const kind of kinds) expect(format.read(`ag_${kind}_`.padEnd(100_000, 'a'))).toBeUndefined()
  })
})

describe('the secret scanner expression in docs/token-format.md', () => {
  const expression = /```regex token\n(.+)\n```/.exec(page)?.[1] ?? ''

  it('the secret scanner expression finds each whole credential in a text, of any kind and prefix', () => {
    for (const prefix of ['ag', 'voip', 'abcdefghij']) {
      const texts = kinds.map((kind) => write(kind, prefix))
      const page = texts
        .map((text, at) => (at % 2 ? `Authorization: Bearer ${text}` : `{"token":"${text}"}`))
        .join('\n')
      expect(page.match(new RegExp(expression, 'g'))).toEqual(texts)
    }
  })

  it('the secret scanner expression finds nothing in longer words, keys, digests or file names', () => {
    const around = kinds
      .map((kind) => write(kind))
      .flatMap((text) => [`${text}x`, `x${'y'.repeat(20)}${text}`, text.slice(0, -1), `_${text}`])
    for (const text of [...around, createKey('a', random), 'ag_at_short', 'f'.repeat(200)])
      expect(text.match(new RegExp(expression, 'g')), text).toBeNull()
  })
})

describe('the secrets of apps', () => {
  const expression = /```regex secret\n(.+)\n```/.exec(page)?.[1] ?? ''

  it('a secret has 32 characters, begins with ags, and ends in the checksum of the rest', () => {
    const secrets = Array.from({ length: 1000 }, () => createAppSecretText(random))
    for (const secret of secrets) {
      expect(secret).toMatch(/^ags[A-Za-z0-9]{29}$/)
      expect(numberFromBase62(secret.slice(-6))).toBe(crc32(secret.slice(0, -6)))
      expect(isAppSecretText(secret)).toBe(true)
    }
    expect(new Set(secrets.map((secret) => secret.slice(0, -6))).size).toBe(1000)
  })

  it('a text is not a secret if a character is changed, missing or added', () => {
    const secret = createAppSecretText(random)
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === 'x' ? 'y' : 'x'
      const wrong = [
        secret.slice(0, at) + other + secret.slice(at + 1),
        secret.slice(0, at),
        `${secret}x`,
        ` ${secret}`,
      ]
      for (const text of wrong) expect(isAppSecretText(text), text).toBe(false)
    }
    for (const text of ['', 'a'.repeat(32), createKey('a', random), `ags${'é'.repeat(29)}`])
      expect(isAppSecretText(text)).toBe(false)
  })

  it('the expression in docs/token-format.md finds them in a text, and nothing in keys and longer words', () => {
    const secret = createAppSecretText(random)
    for (const text of [`"client_secret":"${secret}"`, `Authorization: ${secret}\n`, secret])
      expect(text.match(new RegExp(expression, 'g'))).toEqual([secret])
    for (const text of [`x${secret}`, `${secret}x`, `_${secret}`, createKey('a', random).replace(/^ags/, 'agt')])
      expect(text.match(new RegExp(expression, 'g')), text).toBeNull()
  })
})
