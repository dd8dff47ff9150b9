import { describe, expect, it } from 'vitest'
import type { SignIn } from '../../../src/http/index.ts'
import { authorization } from '../../support/http-authorization.ts'

const WRONG: readonly (readonly [string, unknown, string])[] = [
  ['nothing', undefined, 'signIn: expected { account, login? } or a Response, received nothing'],
  ['null', null, 'signIn: expected { account, login? } or a Response, received null'],
  ['a text', 'user-1', 'signIn: expected { account, login? } or a Response, received a string of 6 characters'],
  ['an empty object', {}, 'signIn: expected { account, login? } or a Response, received an object'],
  ['another member', { user: 'user-1' }, 'signIn: expected { account, login? } or a Response, received an object'],
  [
    'a misspelt account',
    { acount: 'user-1' },
    'signIn: acount: unknown member, expected account, or account beside it',
  ],
  ['a misspelt login', { account: 'user-1', logn: 'ann' }, 'signIn: logn: unknown member, expected login'],
  ['a number as account', { account: 42 }, 'signIn: account: expected an account id of 1–256 characters'],
  ['an object as account', { account: { id: 'user-1' } }, 'signIn: account: expected an account id'],
  ['no account', { account: undefined }, 'signIn: account: expected an account id'],
  ['an empty account', { account: '' }, 'signIn: account: expected an account id'],
  ['the subject of an app', { account: 'app:x' }, 'signIn: account: expected an account id that does not begin'],
  ['a number as login', { account: 'user-1', login: 7 }, 'signIn: login: expected a string of 1–256 characters'],
]

describe('a signIn that resolves to something else', () => {
  it.each(WRONG)('%s is a 500 and an event that says what signIn must resolve to (ERR-2)', async (_, result, said) => {
    let here: unknown = { account: 'user-1', login: 'ann' }
    const { authorize, ticket, decide, call, outages } = await authorization({ signIn: (async () => here) as SignIn })
    const open = await ticket()
    here = result
    for (const response of [
      await authorize(),
      await decide({ ticket: open, decision: 'approve' }),
      await call('GET', '/apps'),
    ]) {
      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({ error: 'server_error' })
    }
    expect(outages).toHaveLength(3)
    for (const outage of outages) {
      const { code, cause } = outage as { code: string; cause: Error }
      expect([code, cause.message]).toEqual(['server_error', expect.stringContaining(said)])
    }
  })

  it('more members than account and login, as a session of the host has, are left out', async () => {
    const session = { account: 'user-1', login: 'ann', name: 'Ann', cookie: 'secret', remoteAddress: 7 }
    const { ticket, decide, appgrant } = await authorization({ signIn: async () => session })
    const by: unknown[] = []
    appgrant.events.on('install', (event) => by.push(event.by))
    const response = await decide({ ticket: await ticket(), decision: 'approve' })
    expect(response.status).toBe(303)
    expect(by).toEqual([{ account: 'user-1', login: 'ann' }])
  })

  it.each(['consentPage', 'errorPage'] as const)(
    '%s that returns no Response is a 500 that names it',
    async (option) => {
      const { authorize, outages } = await authorization({ [option]: async () => '<html>' })
      const response = await authorize(option === 'errorPage' ? { client_id: 'nobody' } : {})
      expect(response.status).toBe(500)
      expect(String((outages[0] as { cause: unknown }).cause)).toBe(
        `TypeError: ${option}: expected a Response, received a string of 6 characters`,
      )
    },
  )
})
