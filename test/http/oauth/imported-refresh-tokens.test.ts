import { describe, expect, it } from 'vitest'
import { basic, httpFixture, refusal } from '../../support/http-fixture.ts'
import { THEIR_REFRESH_TOKEN, theirInstall } from '../../support/imported-refresh.ts'
import { THEIR_SECRET, theirApp } from '../../support/other-server.ts'

const KEY = 'https://pbx.example/gateway?a=b:c'
const BODY = { client_id: KEY, client_secret: THEIR_SECRET }
const PUBLIC = { client_id: 'softphone' }
const REFRESH = { grant_type: 'refresh_token', refresh_token: THEIR_REFRESH_TOKEN }

async function imported() {
  const here = httpFixture()
  const isPublic = { secret: undefined, public: true } as const
  const summary = await here.appgrant.apps.import([
    theirApp({ key: KEY, scopes: [], trusted: true }),
    theirApp({ key: PUBLIC.client_id, ...isPublic }),
    theirInstall({ app: KEY, scope: [] }),
    theirInstall({
      app: PUBLIC.client_id,
      scope: [],
      refreshToken: { scheme: 'plain', text: 'of-the-softphone' },
    }),
  ])
  expect(summary).toMatchObject({ imported: 4 })
  return here
}

describe('imported refresh tokens over HTTP', () => {
  it.each([
    ['by Basic', {}, basic(KEY, THEIR_SECRET)],
    ['in the body', BODY, {}],
  ])(
    'a refresh token of the other server works with the client id and secret of that server %s (APP-10)',
    async (_, form, headers) => {
      const { post } = await imported()
      const response = await post('/token', { ...REFRESH, ...form }, headers)
      expect(response.status).toBe(200)
      const tokens = await response.json()
      expect(tokens).toMatchObject({ token_type: 'Bearer', refresh_token: expect.stringMatching(/^ag_rt_/) })
      const seen = await (await post('/introspect', { token: tokens.access_token, ...form }, headers)).json()
      expect(seen).toMatchObject({ active: true, client_id: KEY, sub: 'user' })
    },
  )

  it('a public app refreshes with its client id alone (APP-11, APP-10)', async () => {
    const { post } = await imported()
    const form = { ...REFRESH, ...PUBLIC, refresh_token: 'of-the-softphone' }
    expect((await post('/token', form)).status).toBe(200)
    expect(await refusal(await post('/token', { ...REFRESH, ...PUBLIC }))).toEqual({
      status: 400,
      error: 'invalid_grant',
    })
  })

  it('an imported refresh token is inactive at /introspect and no access token (S36, HTTP-3)', async () => {
    const { post, appgrant, writes } = await imported()
    const before = writes()
    const response = await post('/introspect', { token: THEIR_REFRESH_TOKEN, ...BODY })
    expect(await response.text()).toBe('{"active":false}')
    expect(await appgrant.authorizer.tryVerify(THEIR_REFRESH_TOKEN)).toMatchObject({ ok: false })
    expect(writes()).toBe(before)
  })

  it('its app revokes it, whatever the hint, and no other app can (HTTP-4)', async () => {
    const { post, trustedApp } = await imported()
    const other = await trustedApp({ owner: 'org-2' })
    const token = { token: THEIR_REFRESH_TOKEN }
    const foreign = await post('/revoke', token, basic(other.app.key, other.secret))
    expect(await refusal(foreign)).toEqual({ status: 400, error: 'invalid_grant' })
    const own = await post('/revoke', { ...token, token_type_hint: 'access_token', ...BODY })
    expect([own.status, await own.text()]).toEqual([200, '{}'])
    expect(await refusal(await post('/token', { ...REFRESH, ...BODY }))).toEqual({
      status: 400,
      error: 'invalid_grant',
    })
  })

  it('a report of a leak does not know it, because nothing in it says what it is (ERR-5)', async () => {
    const { appgrant, post } = await imported()
    expect(await appgrant.authorizer.reportLeak({ token: THEIR_REFRESH_TOKEN })).toBe(false)
    expect((await post('/token', { ...REFRESH, ...BODY })).status).toBe(200)
  })
})
