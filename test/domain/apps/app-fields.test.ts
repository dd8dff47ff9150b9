import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAppGrantError } from '../../../src/base/errors.ts'
import type { FieldError } from '../../../src/base/field-errors.ts'
import {
  type AppFields,
  type CheckedNewApp,
  checkAppChange,
  checkNewApp,
  type FieldOptions,
  foldName,
  MAX_REDIRECT_URLS,
  MAX_SCOPES,
  matchesRedirect,
} from '../../../src/domain/apps/app-fields.ts'

const ANY_SCOPE = { has: () => true, permits: () => true }
const ANY = { scopes: ANY_SCOPE, isReservedName: () => false, bindsKeys: true }
const STRICT: FieldOptions = { redirects: { loopback: undefined, schemes: new Set() }, ...ANY }
const LOOPBACK: FieldOptions = { redirects: { loopback: 'public', schemes: new Set() }, ...ANY }

const valid = {
  owner: 'org-7',
  name: 'MyApp',
  homepage: 'https://app.example',
  adminEmail: 'admin@app.example',
  redirectUrls: ['https://app.example/cb'],
} as const
const full = {
  ...valid,
  description: 'Calls people',
  image: 'https://app.example/logo.png',
  adminPhone: '+49 30 1234567',
  scopes: ['calls:read', 'calls:write'],
  apiType: 'unified',
} as const

const errorsOf = (act: () => unknown): readonly FieldError[] => {
  try {
    act()
  } catch (error) {
    if (isAppGrantError(error, 'invalid_fields')) return error.details.fields
    throw error
  }
  return []
}
const codesOf = (act: () => unknown) => errorsOf(act).map((error) => `${error.field}: ${error.code}`)
const refusedNew = (fields: object, options = STRICT) => codesOf(() => checkNewApp({ ...valid, ...fields }, options))
const appOf = (fields: object = {}, options = STRICT) => checkNewApp({ ...valid, ...fields }, options)

describe('checkNewApp', () => {
  test('checkNewApp returns the fields in the forms that are stored and compared (APP-1, APP-2)', () => {
    const input = {
      ...full,
      name: ' Mu\u0308nchner Straße ',
      homepage: 'https://mu\u0308nchen.de',
      adminEmail: 'info@MÜNCHEN.de',
      image: 'https://münchen.de/l.png',
    }
    expect(checkNewApp(input, STRICT)).toEqual({
      trusted: false,
      public: false,
      fields: {
        name: 'Münchner Straße',
        foldedName: 'münchner strasse',
        homepage: 'https://münchen.de',
        homepageAscii: 'https://xn--mnchen-3ya.de/',
        adminEmail: 'info@münchen.de',
        adminEmailAscii: 'info@xn--mnchen-3ya.de',
        description: 'Calls people',
        image: 'https://xn--mnchen-3ya.de/l.png',
        adminPhone: '+49301234567',
        redirectUrls: ['https://app.example/cb'],
        scopes: ['calls:read', 'calls:write'],
        apiType: 'unified',
      },
    })
  })

  test('an optional field that is absent, undefined, empty or blank becomes no property (APP-1)', () => {
    const { fields } = appOf({ description: ' \n', image: '', adminPhone: '', apiType: undefined, scopes: undefined })
    expect(Object.keys(fields).sort()).toEqual([
      'adminEmail',
      'adminEmailAscii',
      'foldedName',
      'homepage',
      'homepageAscii',
      'name',
      'redirectUrls',
      'scopes',
    ])
    expect(fields.scopes).toEqual([])
  })

  test('all errors of a submission are reported together, with field, code, expected and received (APP-5)', () => {
    const input = {
      name: 'My\u202eApp',
      homepage: 'ftp://app.example',
      description: 'a\u0007b',
      image: 'http://app.example/l.png',
      adminPhone: '030',
      redirectUrls: ['https://app.example/cb', 'https://APP.example/cb', 7, 'https://app.example/cb'],
      scopes: ['a b', 'ok', 'ok', ''],
      apiType: 'Unified',
      trusted: 'yes',
      public: 1,
    }
    expect(errorsOf(() => checkNewApp(input, STRICT))).toEqual([
      { field: 'public', code: 'wrong_type', expected: 'true or false', received: '1' },
      { field: 'trusted', code: 'wrong_type', expected: 'true or false', received: 'yes' },
      {
        field: 'name',
        code: 'forbidden_character',
        expected: 'no control, invisible or bidirectional characters, except joiners in words and emoji that need them',
        received: 'My\\u{202e}App',
      },
      {
        field: 'homepage',
        code: 'scheme_not_allowed',
        expected: 'an absolute http or https URL',
        received: 'ftp://app.example',
      },
      { field: 'adminEmail', code: 'required', expected: 'a value', received: 'nothing' },
      {
        field: 'description',
        code: 'forbidden_character',
        expected: 'no control, invisible or bidirectional characters except line breaks and tabs',
        received: 'a\\u{7}b',
      },
      {
        field: 'image',
        code: 'scheme_not_allowed',
        expected: 'an absolute https URL',
        received: 'http://app.example/l.png',
      },
      {
        field: 'adminPhone',
        code: 'not_a_phone_number',
        expected: 'an international number: + and 7 to 15 digits, not beginning with 0',
        received: '030',
      },
      {
        field: 'apiType',
        code: 'not_an_api_type',
        expected: 'a lower-case letter, then lower-case letters, digits, underscores or hyphens',
        received: 'Unified',
      },
      {
        field: 'redirectUrls[1]',
        code: 'not_canonical',
        expected: 'https://app.example/cb',
        received: 'https://APP.example/cb',
      },
      { field: 'redirectUrls[2]', code: 'wrong_type', expected: 'a string', received: '7' },
      {
        field: 'redirectUrls[3]',
        code: 'duplicate',
        expected: 'each entry only once',
        received: 'https://app.example/cb',
      },
      {
        field: 'scopes[0]',
        code: 'not_a_scope',
        expected: 'printable ASCII without space, double quote or backslash',
        received: 'a b',
      },
      { field: 'scopes[2]', code: 'duplicate', expected: 'each entry only once', received: 'ok' },
      {
        field: 'scopes[3]',
        code: 'not_a_scope',
        expected: 'printable ASCII without space, double quote or backslash',
        received: 'an empty string',
      },
    ])
  })

  test('the message names the first fields and the number of the others, and repeats no value (APP-5)', () => {
    const scopes = Array.from({ length: 10 }, (_, index) => `hunter ${index}`)
    expect(() => appOf({ scopes })).toThrow(
      'the app has invalid fields: scopes[0] (not_a_scope), scopes[1] (not_a_scope), scopes[2] (not_a_scope), scopes[3] (not_a_scope), scopes[4] (not_a_scope) and 5 more',
    )
  })

  test.each(['name', 'homepage', 'adminEmail'])('%s is required (APP-1)', (field) => {
    for (const value of [undefined, '']) expect(refusedNew({ [field]: value })).toEqual([`${field}: required`])
  })

  test('a redirect URL is required unless the app is trusted (APP-1)', () => {
    for (const redirectUrls of [[], undefined]) {
      expect(refusedNew({ redirectUrls })).toEqual(['redirectUrls: redirect_required'])
      expect(refusedNew({ redirectUrls, trusted: false })).toEqual(['redirectUrls: redirect_required'])
      expect(appOf({ redirectUrls, trusted: true })).toMatchObject({ trusted: true, fields: { redirectUrls: [] } })
    }
  })

  test('a refused redirect URL is not reported as missing as well', () => {
    expect(refusedNew({ redirectUrls: ['x'] })).toEqual(['redirectUrls[0]: not_a_url'])
  })

  test('a public app is never trusted (APP-11)', () => {
    expect(refusedNew({ public: true, trusted: true })).toEqual(['trusted: public_app_trusted'])
    expect(refusedNew({ public: true, trusted: true, redirectUrls: [] })).toEqual([
      'trusted: public_app_trusted',
      'redirectUrls: redirect_required',
    ])
    expect(appOf({ public: true })).toMatchObject({ public: true, trusted: false })
  })

  test('loopback redirect URLs are accepted only for public apps and only by option (APP-3)', () => {
    const redirectUrls = ['http://127.0.0.1/cb', 'http://[::1]:4000/cb']
    expect(appOf({ redirectUrls, public: true }, LOOPBACK).fields.redirectUrls).toEqual(redirectUrls)
    const refused = ['redirectUrls[0]: scheme_not_allowed', 'redirectUrls[1]: scheme_not_allowed']
    expect(refusedNew({ redirectUrls, public: true })).toEqual(refused)
    expect(refusedNew({ redirectUrls }, LOOPBACK)).toEqual(refused)
    expect(refusedNew({ redirectUrls, trusted: true }, LOOPBACK)).toEqual(refused)
  })

  test('two loopback URLs that differ only in the port are duplicates (RFC 8252 §7.3)', () => {
    const redirectUrls = ['http://127.0.0.1/cb', 'http://127.0.0.1:4000/cb', 'http://[::1]/cb']
    expect(refusedNew({ redirectUrls, public: true }, LOOPBACK)).toEqual(['redirectUrls[1]: duplicate'])
  })

  test('20 redirect URLs and 100 scopes are accepted, and one more is refused before any is examined', () => {
    const urls = (count: number) => Array.from({ length: count }, (_, index) => `https://app.example/${index}`)
    const scopes = (count: number) => Array.from({ length: count }, (_, index) => `scope${index}`)
    expect([MAX_REDIRECT_URLS, MAX_SCOPES]).toEqual([20, 100])
    expect(appOf({ redirectUrls: urls(20), scopes: scopes(100) }).fields.redirectUrls).toEqual(urls(20))
    const untouchable = (length: number) =>
      new Proxy(Array.from({ length }), {
        get: (list, property) => (property === 'length' ? list.length : expect.unreachable(`read ${String(property)}`)),
      })
    expect(refusedNew({ redirectUrls: untouchable(21), scopes: untouchable(101) })).toEqual([
      'redirectUrls: too_many',
      'scopes: too_many',
    ])
    expect(refusedNew({ redirectUrls: new Array(4_000_000_000) })).toEqual(['redirectUrls: too_many'])
  })

  test.each(['!', 'calls:read', 'https://api.example/scope', '~', '__proto__', 'constructor', 'a'.repeat(100)])(
    '%s is accepted as a scope (RFC 6749 §3.3, S41)',
    (scope) => {
      expect(appOf({ scopes: [scope] }).fields.scopes).toEqual([scope])
    },
  )

  test.each(['', ' ', 'a b', 'a"b', 'a\\b', 'a\tb', 'a\n', 'é', '\x7f', 'a\0'])(
    '%j is refused as a scope (RFC 6749 §3.3)',
    (scope) => {
      expect(refusedNew({ scopes: [scope] })).toEqual(['scopes[0]: not_a_scope'])
    },
  )

  test.each(['system', 'unified', 'a', 'a-b_2', 'a'.repeat(32), 'constructor'])(
    '%s is accepted as an API type (ACC-4)',
    (apiType) => {
      expect(appOf({ apiType }).fields.apiType).toBe(apiType)
    },
  )

  test.each(['Unified', '1a', '_a', '-a', 'a b', 'ü', 'a\n', '__proto__'])(
    '%j is refused as an API type (ACC-4)',
    (apiType) => {
      expect(refusedNew({ apiType })).toEqual(['apiType: not_an_api_type'])
    },
  )

  test('members that are not fields are refused, and the owner is not examined (ERR-6, S42)', () => {
    const foreign = {
      key: 'k',
      secret: 's',
      secrets: [],
      status: 'suspended',
      suspended: {},
      stamp: 'g',
      createdAt: 0,
      published: true,
      foldedName: 'x',
      homepageAscii: 'javascript:x',
      adminEmailAscii: 'x',
      toString: 1,
    }
    expect(codesOf(() => appOf(foreign))).toEqual(Object.keys(foreign).map((name) => `${name}: unknown_field`))
    expect(appOf({ owner: { $ne: null } })).toEqual(appOf())
  })

  test('only own properties are fields, so a polluted prototype makes no app trusted (S41)', () => {
    const inherited: object = Object.create({ trusted: true, public: true, description: 'x', redirectUrls: [] })
    expect(checkNewApp(Object.assign(inherited, valid), STRICT)).toEqual(appOf())
    const parsed: unknown = JSON.parse(
      JSON.stringify(valid).replace('{', '{"__proto__":{"trusted":true},"constructor":{},'),
    )
    expect(codesOf(() => checkNewApp(parsed, STRICT))).toEqual([
      '__proto__: unknown_field',
      'constructor: unknown_field',
    ])
  })

  test('an object without a prototype can hold the fields', () => {
    expect(checkNewApp(Object.assign(Object.create(null), valid), STRICT)).toEqual(appOf())
  })

  test('each property is read once, and the input is not changed', () => {
    const reads = new Map<PropertyKey, number>()
    const counting = <T extends object>(target: T, prefix: string): T =>
      new Proxy(target, {
        get(from, property) {
          const name = prefix + String(property)
          reads.set(name, (reads.get(name) ?? 0) + 1)
          return Reflect.get(from, property)
        },
        set: () => expect.unreachable('the input was changed'),
        defineProperty: () => expect.unreachable('the input was changed'),
        deleteProperty: () => expect.unreachable('the input was changed'),
      })
    const input = Object.freeze({
      ...full,
      redirectUrls: counting([...full.redirectUrls], 'redirectUrls.'),
      scopes: counting([...full.scopes], 'scopes.'),
    })
    const checked = checkNewApp(counting(input, ''), STRICT)
    expect([...reads.values()].every((count) => count === 1)).toBe(true)
    expect(reads.size).toBeGreaterThan(12)
    expect(reads.has('owner')).toBe(false)
    expect(checked.fields.redirectUrls).not.toBe(input.redirectUrls)
    expect(checked.fields.scopes).not.toBe(input.scopes)
  })
})

const wrongStrings: readonly [string, unknown][] = [
  ['an object with $ne', { $ne: null }],
  ['an object with $gt', { $gt: '' }],
  ['an array', ['x']],
  ['a nested array', [['x']]],
  ['null', null],
  ['0', 0],
  ['NaN', Number.NaN],
  ['true', true],
  ['a String object', new String('https://app.example/')],
  ['an object with toString', { toString: () => 'https://app.example/', valueOf: () => 'https://app.example/' }],
  ['a symbol', Symbol('x')],
  ['a bigint', 10n],
  ['a function', () => 'https://app.example/'],
  ['a URL', new URL('https://app.example/')],
  ['a revoked proxy', revokedProxy()],
]

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}

describe('wrong types', () => {
  const texts = ['name', 'homepage', 'adminEmail', 'description', 'image', 'adminPhone', 'apiType'] as const

  test.each(wrongStrings)('%s is refused as text for every field, at registration and update (S40)', (_, value) => {
    const current = appOf()
    for (const field of texts) {
      expect(refusedNew({ [field]: value })).toEqual([`${field}: wrong_type`])
      expect(codesOf(() => checkAppChange({ [field]: value }, current, STRICT))).toEqual([`${field}: wrong_type`])
    }
    for (const field of ['redirectUrls', 'scopes'])
      expect(refusedNew({ [field]: [value] })).toEqual([`${field}[0]: wrong_type`])
  })

  test.each(wrongStrings.filter(([kind]) => !kind.endsWith('array')))('%s is refused as a list (S40)', (_, value) => {
    for (const field of ['redirectUrls', 'scopes'])
      expect(refusedNew({ [field]: value })).toEqual([`${field}: wrong_type`])
  })

  test('a string and an array-like object are refused as lists (S40)', () => {
    for (const value of ['https://app.example/cb', '', { length: 1, 0: 'https://app.example/cb' }, new Set(['a'])])
      expect(refusedNew({ redirectUrls: value })).toEqual(['redirectUrls: wrong_type'])
  })

  test('a hole in a list is a wrong type', () => {
    const redirectUrls: string[] = []
    redirectUrls[1] = 'https://app.example/cb'
    expect(refusedNew({ redirectUrls })).toEqual(['redirectUrls[0]: wrong_type'])
  })

  test.each(wrongStrings.filter(([, value]) => typeof value !== 'boolean'))(
    '%s does not count as true (S40)',
    (_, value) => {
      for (const field of ['trusted', 'public'])
        expect(refusedNew({ [field]: value })).toEqual([`${field}: wrong_type`])
      for (const text of ['true', '1', 'on', '']) expect(refusedNew({ trusted: text })).toEqual(['trusted: wrong_type'])
    },
  )

  test.each([undefined, null, 'x', 1, true, [valid], Symbol('x'), 1n, () => valid])(
    'a submission that is not an object is one error: %s (S40)',
    (input) => {
      for (const act of [() => checkNewApp(input, STRICT), () => checkAppChange(input, appOf(), STRICT)]) {
        const [error, ...others] = errorsOf(act)
        expect(others).toEqual([])
        expect(error).toMatchObject({ field: 'app', code: 'wrong_type', expected: 'an object of fields' })
      }
    },
  )

  test('a property that throws when read is a wrong type', () => {
    const input = Object.defineProperty({ ...valid }, 'description', {
      enumerable: true,
      get() {
        throw new Error('read')
      },
    })
    expect(errorsOf(() => checkNewApp(input, STRICT))).toEqual([
      { field: 'description', code: 'wrong_type', expected: 'a string', received: 'a value that cannot be read' },
    ])
    expect(codesOf(() => checkNewApp(revokedProxy(), STRICT))).toContain('name: wrong_type')
  })
})

describe('lengths', () => {
  test.each([
    ['name', 400],
    ['description', 4096],
    ['homepage', 2048],
    ['image', 2048],
    ['adminEmail', 254],
    ['adminPhone', 40],
    ['apiType', 32],
    ['redirectUrls', 2048],
    ['scopes', 100],
  ])('%s of 100 kB is refused as too long, and so is one unit beyond %d (S45)', (field, max) => {
    const isList = field === 'redirectUrls' || field === 'scopes'
    const name = isList ? `${field}[0]` : field
    for (const piece of ['a', 'a.', 'a@', '%2e', '/..;', ' ', '\u202e', '\ud800', 'ü', '+1 ', '\0', 'https://a:'])
      for (const length of [100_000, max + 1]) {
        const value = `https://app.example/${piece.repeat(length)}`.slice(0, length)
        expect(errorsOf(() => appOf({ [field]: isList ? [value] : value }))).toMatchObject([
          { field: name, code: 'too_long', received: `${length} characters` },
        ])
      }
    const longest = `https://app.example/${'ü'.repeat(max)}`.slice(0, max)
    expect(refusedNew({ [field]: isList ? [longest] : longest })).not.toContain(`${name}: wrong_type`)
  })

  test('a URL of 2048 characters and a scope of 100 are accepted', () => {
    const url = (length: number) => `https://app.example/${'a'.repeat(length - 20)}`
    expect(refusedNew({ homepage: url(2048), image: url(2048), redirectUrls: [url(2048)] })).toEqual([])
    expect(refusedNew({ scopes: ['a'.repeat(100)] })).toEqual([])
    expect(refusedNew({ scopes: ['a'.repeat(101)] })).toEqual(['scopes[0]: too_long'])
  })
})

describe('checkAppChange', () => {
  const current = (): CheckedNewApp => checkNewApp({ ...full, scopes: [...full.scopes] }, STRICT)

  test('checkAppChange changes the named fields and keeps the others (APP-9)', () => {
    const before = current()
    const copy = structuredClone(before)
    expect(checkAppChange({ name: 'Straße' }, before, STRICT)).toEqual({
      ...before.fields,
      name: 'Straße',
      foldedName: 'strasse',
    })
    expect(checkAppChange({ homepage: 'http://ü.example/' }, before, STRICT)).toEqual({
      ...before.fields,
      homepage: 'http://ü.example/',
      homepageAscii: 'http://xn--tda.example/',
    })
    expect(checkAppChange({ adminEmail: 'a@ü.example' }, before, STRICT)).toEqual({
      ...before.fields,
      adminEmail: 'a@ü.example',
      adminEmailAscii: 'a@xn--tda.example',
    })
    expect(checkAppChange({ scopes: [], redirectUrls: ['https://b.example/'] }, before, STRICT)).toEqual({
      ...before.fields,
      scopes: [],
      redirectUrls: ['https://b.example/'],
    })
    expect(before).toEqual(copy)
  })

  test('an empty change, or undefined, changes nothing (APP-9)', () => {
    const before = current()
    expect(checkAppChange({}, before, STRICT)).toEqual(before.fields)
    const { owner: _, ...fields } = full
    const unnamed = Object.fromEntries(Object.keys(fields).map((field) => [field, undefined]))
    expect(checkAppChange(unnamed, before, STRICT)).toEqual(before.fields)
  })

  test.each(['description', 'image', 'adminPhone', 'apiType'])('an empty string removes %s (APP-9)', (field) => {
    const { [field as 'apiType']: _, ...rest } = current().fields
    const after = checkAppChange({ [field]: '' }, current(), STRICT)
    expect(after).toEqual(rest)
    expect(Object.keys(after)).not.toContain(field)
  })

  test.each(['name', 'homepage', 'adminEmail'])('an empty %s is refused on update (APP-1)', (field) => {
    expect(codesOf(() => checkAppChange({ [field]: '' }, current(), STRICT))).toEqual([`${field}: required`])
  })

  test('an update checks every field by its rule and reports all errors together (APP-5)', () => {
    const change = {
      name: '\u200b',
      homepage: 'javascript:alert(1)',
      adminEmail: 'a',
      description: '\0',
      image: 'x',
      adminPhone: 'x',
      redirectUrls: ['x'],
      scopes: ['"'],
      apiType: 'X',
    }
    expect(codesOf(() => checkAppChange(change, current(), STRICT))).toEqual([
      'name: forbidden_character',
      'homepage: scheme_not_allowed',
      'adminEmail: not_an_email',
      'description: forbidden_character',
      'image: not_a_url',
      'adminPhone: not_a_phone_number',
      'apiType: not_an_api_type',
      'redirectUrls[0]: not_a_url',
      'scopes[0]: not_a_scope',
    ])
  })

  test('the last redirect URL can be removed only from a trusted app (APP-1)', () => {
    const untrusted = current()
    expect(codesOf(() => checkAppChange({ redirectUrls: [] }, untrusted, STRICT))).toEqual([
      'redirectUrls: redirect_required',
    ])
    expect(checkAppChange({ redirectUrls: [] }, { ...untrusted, trusted: true }, STRICT).redirectUrls).toEqual([])
  })

  test('an app that lost its trust and never had a redirect URL can still be edited', () => {
    const app = { ...appOf({ trusted: true, redirectUrls: [] }), trusted: false }
    expect(checkAppChange({ name: 'Other' }, app, STRICT)).toMatchObject({ name: 'Other', redirectUrls: [] })
    expect(codesOf(() => checkAppChange({ redirectUrls: [] }, app, STRICT))).toEqual([
      'redirectUrls: redirect_required',
    ])
  })

  test('loopback is decided by the app, not by the submitted change (APP-3, APP-9)', () => {
    const redirectUrls = ['http://127.0.0.1/cb']
    const refused = ['redirectUrls[0]: scheme_not_allowed']
    expect(checkAppChange({ redirectUrls }, appOf({ public: true }), LOOPBACK).redirectUrls).toEqual(redirectUrls)
    expect(codesOf(() => checkAppChange({ redirectUrls }, appOf({ public: true }), STRICT))).toEqual(refused)
    expect(codesOf(() => checkAppChange({ redirectUrls, public: true }, appOf(), LOOPBACK))).toEqual([
      'public: unknown_field',
      ...refused,
    ])
  })

  test('fields that an update keeps are not checked against a rule that became stricter', () => {
    const app = appOf({ public: true, redirectUrls: ['http://127.0.0.1/cb'] }, LOOPBACK)
    expect(checkAppChange({ name: 'Other' }, app, STRICT).redirectUrls).toEqual(['http://127.0.0.1/cb'])
  })

  test('key, owner, secret, trusted, public and unknown members of an update are refused, whatever they hold (APP-9, APP-12, ERR-6, S42)', () => {
    const foreign = {
      key: 'k',
      owner: { $ne: null },
      secret: 1,
      secrets: [],
      trusted: 'yes',
      public: 7,
      published: true,
      status: 'x',
      stamp: 'g',
      foldedName: 'x',
      homepageAscii: 'x',
      adminEmailAscii: 'x',
      createdAt: 0,
    }
    expect(codesOf(() => checkAppChange({ ...foreign, name: 'x' }, current(), STRICT))).toEqual(
      Object.keys(foreign).map((name) => `${name}: unknown_field`),
    )
    expect(codesOf(() => checkAppChange({ trusted: true, redirectUrls: [] }, current(), STRICT))).toEqual([
      'trusted: unknown_field',
      'redirectUrls: redirect_required',
    ])
  })
})

describe('properties of field checks', () => {
  const { owner: _, ...named } = full
  const checked = (fields: Partial<AppFields>) => {
    try {
      return checkNewApp({ ...named, ...fields }, STRICT)
    } catch (error) {
      if (isAppGrantError(error, 'invalid_fields')) return undefined
      throw error
    }
  }
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ maxLength: 12 }),
  )
  const someFields = fc.record(
    {
      name: text,
      description: text,
      homepage: fc.oneof(
        fc.webUrl(),
        text.map((path) => `https://ü.example/${path}`),
      ),
      adminEmail: fc.oneof(
        fc.emailAddress(),
        text.map((local) => `${local}@ü.example`),
      ),
      image: fc.oneof(
        fc.constant(''),
        text.map((path) => `https://ü.example/${path}`),
      ),
      redirectUrls: fc.uniqueArray(fc.webUrl({ validSchemes: ['https'] }), { minLength: 1, maxLength: 3 }),
      scopes: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 3 }),
      apiType: fc.stringMatching(/^[a-z]{0,3}$/),
    },
    { requiredKeys: [] },
  )

  test('checking checked fields again gives the same fields, at registration and on update', () => {
    let accepted = 0
    fc.assert(
      fc.property(someFields, (fields) => {
        const app = checked(fields)
        if (app === undefined) return
        accepted += 1
        const { foldedName: _, homepageAscii: __, adminEmailAscii: ___, ...again } = app.fields
        expect(checkNewApp(again, STRICT)).toEqual(app)
        expect(checkAppChange(again, app, STRICT)).toEqual(app.fields)
        expect(app.fields.foldedName).toBe(foldName(app.fields.name))
        for (const url of app.fields.redirectUrls) {
          expect(new URL(url).href).toBe(url)
          expect(matchesRedirect(url, url)).toBe(true)
        }
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(250)
  })

  test('field checks throw only invalid_fields, and every error can be shown anywhere (ERR-4)', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      stringUnit: 'binary',
    })
    const fieldNames = [
      'name',
      'homepage',
      'adminEmail',
      'description',
      'image',
      'adminPhone',
      'redirectUrls',
      'scopes',
      'apiType',
      'trusted',
      'public',
      '__proto__',
    ]
    const submission = fc.oneof(
      anything,
      fc.dictionary(
        fc.constantFrom(...fieldNames),
        fc.oneof(anything, fc.array(fc.string({ unit: 'binary' })), fc.string({ unit: 'binary', maxLength: 300 })),
      ),
    )
    const seed = Number(process.env.APPGRANT_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.info(`app-fields: seed ${seed}`)
    const current = checkNewApp(full, STRICT)
    fc.assert(
      fc.property(submission, fc.boolean(), (input, allowLoopback) => {
        const options = allowLoopback ? LOOPBACK : STRICT
        const errors = [
          ...errorsOf(() => checkNewApp(input, options)),
          ...errorsOf(() => checkAppChange(input, current, options)),
        ]
        for (const error of errors) {
          if (error.code === 'unknown_field') expect(error.field).toMatch(/^[\x21-\x7e]{1,64}…?$/)
          else expect(error.field).toMatch(/^[a-zA-Z]+(\[\d+\])?$/)
          expect(error.code).toMatch(/^[a-z_]+$/)
          expect(error.received).not.toBe('')
          expect(error.received.length).toBeLessThanOrEqual(100)
          expect(error.received + error.expected).not.toMatch(
            /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u,
          )
        }
      }),
      { numRuns: 10_000, seed },
    )
  })
})
