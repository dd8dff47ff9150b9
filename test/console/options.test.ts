import { describe, expect, it } from 'vitest'
import { type ConsoleOptions, checkConsoleOptions } from '../../src/console/options.ts'
import { themeCss } from '../../src/frame/theme.ts'
import { warningsDuring } from '../support/warnings.ts'

const signIn: ConsoleOptions['signIn'] = async () => ({ account: 'org-7' })
const check = (options: object, issuer: string | undefined = 'https://login.example/tenant') =>
  checkConsoleOptions(
    { signIn, ...options },
    { issuer, scopes: [{ name: 'read', description: 'Read calls' }], dpop: undefined },
  )

describe('the options of the console', () => {
  it('is mounted below the issuer, or at the URL that is given', () => {
    expect([check({}).url.href, check({}).base]).toEqual(['https://login.example/tenant/console', '/tenant/console'])
    expect(check({ url: 'https://apps.example/' }, undefined).base).toBe('')
    expect(check({}, 'https://login.example').base).toBe('/console')
  })

  it.each([
    [{ signIn: undefined }, 'createConsole: signIn: expected a function, received nothing'],
    [{ signin: signIn }, 'createConsole: signin: unknown option, expected signIn'],
    [{ confirm: true }, 'createConsole: confirm: expected a function, received true'],
    [{ freshSignInSeconds: 59 }, 'createConsole: freshSignInSeconds: expected a whole number of seconds from 60'],
    [{ layout: {} }, 'createConsole: layout: expected a function, received an object'],
    [{ accounts: {} }, 'createConsole: accounts.names: expected a function, received nothing'],
    [{ accounts: { names: signIn, below: 1 } }, 'createConsole: accounts.below: expected a function, received 1'],
    [{ scopes: ['calls:read'] }, 'createConsole: scopes: expected an object of texts by name, received an array'],
    [{ apis: { system: 1 } }, 'createConsole: apis: expected an object of texts by name, received an object'],
    [{ texts: { 'not a tag': {} } }, 'createConsole: texts.not a tag: expected texts by language tag'],
    [{ texts: { fr: 'oui' } }, 'createConsole: texts.fr: expected a plain object of '],
    [{ texts: { fr: { cancell: 'Annuler' } } }, 'createConsole: texts.fr.cancell: unknown option, expected cancel'],
    [{ texts: { fr: { cancel: () => '' } } }, 'createConsole: texts.fr.cancel: expected a string, as in English'],
    [{ texts: { fr: { failures: {} } } }, 'createConsole: texts.fr.failures.accountBlocked: expected an object, as in'],
    [{ texts: { fr: { failures: null } } }, 'createConsole: texts.fr.failures: expected an object, as in English'],
    [{ accounts: { name: signIn } }, 'createConsole: accounts.name: unknown option, expected names'],
    [{ url: 'ftp://apps.example/' }, 'createConsole: url: expected an absolute http or https URL'],
    [{ url: 'https://apps.example/?a' }, 'createConsole: url: expected an absolute http or https URL'],
    [{ url: '/console' }, 'createConsole: url: expected an absolute http or https URL'],
    [{ theme: { acent: 'red' } }, 'createConsole: theme.acent: unknown option, expected accent'],
    [{ theme: { accent: 'red; } body { display: none' } }, 'createConsole: theme.accent: expected a CSS value'],
    [{ theme: { ground: 'URL (https://evil.example/)' } }, 'createConsole: theme.ground: expected a CSS value'],
    [{ theme: { ground: '\\75rl(https://evil.example/)' } }, 'createConsole: theme.ground: expected a CSS value'],
    [{ theme: { font: 'x/*' } }, 'createConsole: theme.font: expected a CSS value'],
    [{ theme: { scheme: 'sepia' } }, 'createConsole: theme.scheme: expected "light" or "dark"'],
    [{ theme: { stylesheet: '//evil.example/x.css' } }, 'createConsole: theme.stylesheet: expected a path'],
    [
      { theme: { stylesheet: "/x.css; script-src 'unsafe-inline'" } },
      'createConsole: theme.stylesheet: expected a path',
    ],
  ])('%j is a TypeError that names it', (options, message) => {
    expect(() => check(options)).toThrow(TypeError)
    expect(() => check(options)).toThrow(message)
  })

  it('an error shows no value, which might be a secret', () => {
    expect(() => check({ url: 'https://user:hunter2@apps.example/' })).toThrow(/^((?!hunter2).)*$/)
  })

  it('offers the scopes of the catalogue, or those that it is given', () => {
    expect(check({}).scopes).toEqual({ read: 'Read calls' })
    expect(check({ scopes: {} }).scopes).toEqual({})
  })

  it('without an issuer it needs a URL', () => {
    expect(() => checkConsoleOptions({ signIn }, { issuer: undefined, scopes: [], dpop: undefined })).toThrow(
      'createConsole: url: expected an absolute URL',
    )
  })

  it('a theme becomes a style sheet of variables, and one that only names a file becomes none', () => {
    expect(themeCss({ accent: '#6d28d9', radius: '2px', stylesheet: '/brand.css' })).toBe(
      '.ag,\n.ag-document {\n  --ag-accent: #6d28d9;\n  --ag-radius: 2px;\n}\n',
    )
    expect(themeCss({ stylesheet: '/brand.css' })).toBeUndefined()
  })

  it('an accent on which text cannot be read is warned of', async () => {
    const heard = await warningsDuring(() => {
      check({ theme: { accent: '#ffd400' } })
      check({ theme: { accent: '#1f54b8', 'on-accent': '#fff' } })
    })
    expect(heard).toHaveLength(1)
    expect(String(heard[0])).toContain('contrast of 1.4')
  })
})
