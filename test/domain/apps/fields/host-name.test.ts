import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHostName } from '../../../../src/domain/apps/fields/host-name.ts'

describe('parseHostName', () => {
  test.each([
    ['example.com', 'example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com', 'example.com'],
    ['münchen.de', 'xn--mnchen-3ya.de', 'münchen.de'],
    ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de', 'münchen.de'],
    ['MÜNCHEN.de', 'xn--mnchen-3ya.de', 'münchen.de'],
    ['faß.de', 'xn--fa-hia.de', 'faß.de'],
    ['中文.中国', 'xn--fiq228c.xn--fiqs8s', '中文.中国'],
    ['intranet', 'intranet', 'intranet'],
    ['r3---sn.example', 'r3---sn.example', 'r3---sn.example'],
    ['127.0.0.1.evil', '127.0.0.1.evil', '127.0.0.1.evil'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('%s is accepted as a host name in both forms (APP-2)', (text, ascii, display) => {
    expect(parseHostName(text)).toEqual({ ascii, display })
  })

  test('a full-width dot counts as the dot it represents and is displayed as one (S06)', () => {
    expect(parseHostName('evil．com')).toEqual({ ascii: 'evil.com', display: 'evil.com' })
  })

  test('a host name whose own script would show a joiner is displayed in ASCII (S06)', () => {
    const ascii = 'xn--mgba3gch31f060k.com'
    expect(parseHostName(ascii)).toEqual({ ascii, display: ascii })
  })

  test.each([
    '',
    '.',
    'a..b',
    '.a.b',
    'a.b.',
    'a%2eb.com',
    '127.1',
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '１２７.0.0.1',
    'example.1',
    'a.0x7f',
    '[::1]',
    '::1',
    'a_b.com',
    'a b.com',
    'a.com:80',
    'a.com/evil',
    'a.com?x',
    'a.com#x',
    'user@a.com',
    'a.com＠evil.com',
    'a.com／evil.com',
    'a\\b.com',
    '*.example.com',
    '-a.com',
    'a-.com',
    'xn--a.com',
    'xn--.com',
    'xn--xn---epa.com',
    'xn---jir.com',
    'exa\u00admple.com',
    'exa\u200dmple.com',
    'exa\u202emple.com',
    'a\tb.com',
    'a\nb.com',
    '\ud800.com',
    `${'a'.repeat(64)}.com`,
    `${'ü'.repeat(60)}.com`,
    `${'a.'.repeat(126)}com`,
  ])('%j is refused as a host name (S03, S04, S06)', (text) => {
    expect(parseHostName(text)).toBeUndefined()
  })

  test('a host name has at most 253 characters', () => {
    const name = (length: number) => `${'a.'.repeat(120)}${'b'.repeat(length - 240)}`
    expect(parseHostName(name(253))?.ascii).toHaveLength(253)
    expect(parseHostName(name(254))).toBeUndefined()
    // Short in its own script, 256 characters in ASCII.
    expect(parseHostName(`${'ü'.repeat(40)}.`.repeat(5) + 'com'.repeat(7))).toBeUndefined()
  })

  test('an accepted host name is a DNS name, and both forms lead back to it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.domain(),
      fc
        .array(fc.constantFrom('a', 'ü', 'ß', '.', '-', 'xn--', '1', '。', 'א', 'ا', 'ς', '０'), { maxLength: 12 })
        .map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, (given) => {
        const host = parseHostName(given)
        if (host === undefined) return
        expect(host.ascii).toMatch(/^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/)
        expect(parseHostName(host.display)).toEqual(host)
        expect(parseHostName(host.ascii)).toEqual(host)
        expect(new URL(`https://${host.display}/`).hostname).toBe(host.ascii)
      }),
      { numRuns: 5000 },
    )
  })
})
