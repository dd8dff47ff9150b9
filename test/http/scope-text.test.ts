import { describe, expect, it } from 'vitest'
import { protect } from '../../src/http/index.ts'
import { authorization } from '../support/http-authorization.ts'
import { jsonOf } from '../support/http-fixture.ts'

const BOTH = ['calls:read', 'calls:write']
/** Texts of a scope, and what each means to an app that registered both. */
const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ['calls:read calls:write', BOTH],
  ['calls:write calls:read', BOTH],
  ['calls:read  calls:write', BOTH],
  [' calls:read calls:write ', BOTH],
  ['calls:read calls:write calls:read', BOTH],
  [' calls:read', ['calls:read']],
  ['calls:read calls:read', ['calls:read']],
  [' ', BOTH],
  ['', BOTH],
]

const scopesIn = ({ scope }: Record<string, unknown>) => String(scope).split(' ').sort()

describe('the text of a scope', () => {
  it.each(TEXTS)('means the same at every endpoint: %j (TOK-7)', async (scope, expected) => {
    const shown: (readonly string[])[] = []
    const here = await authorization(
      {
        async consentPage({ scopes, ticket }) {
          shown.push(scopes.map(({ name }) => name))
          return new Response(`<input name="ticket" value="${ticket}">`, { headers: { 'content-type': 'text/html' } })
        },
      },
      { trusted: true },
    )
    await here.ticket({ scope })
    expect(shown).toEqual([expected])
    const own = await jsonOf(await here.asApp('/token', { grant_type: 'client_credentials', scope }))
    expect(scopesIn(own)).toEqual(expected)
    const { refresh_token: presented } = await here.tokens()
    expect(scopesIn(await jsonOf(await here.refresh(presented, { scope })))).toEqual(expected)
  })

  it('a repeated or missing scope of protect is required once or not at all (TOK-7)', async () => {
    const here = await authorization({}, { trusted: true })
    const narrow = await jsonOf(await here.asApp('/token', { grant_type: 'client_credentials', scope: 'calls:read' }))
    const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${narrow.access_token}` } })
    for (const scope of ['', ' ', 'calls:read', ' calls:read  calls:read '])
      expect(await protect(here.appgrant.authorizer, { scope })(request)).toMatchObject({ ok: true })
    const refused = await protect(here.appgrant.authorizer, { scope: ' calls:write  calls:read calls:write' })(request)
    expect(refused).toMatchObject({ status: 403 })
    expect(await jsonOf(refused as Response)).toMatchObject({ scope: 'calls:write calls:read' })
  })
})
