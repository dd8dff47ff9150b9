import { expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { protect } from '../../../src/http/index.ts'
import { dpopKey } from '../../support/dpop.ts'
import { createSessionFixture, ISSUER, tokensOf } from '../../support/session-fixture.ts'

const API = 'https://api.example'

it('a bound token and its proof cost one read of four records, as a bearer token does, and no write (DPOP-7)', async () => {
  const options = { dpop: {}, resources: [API] }
  const w = await createSessionFixture(async () => memoryStore(), { options, app: { public: true } })
  const key = await dpopKey()
  const dpopProof = await key.prove({ url: `${ISSUER}/token`, at: w.clock() })
  const { access } = tokensOf(await w.exchange(await w.code(), { dpopProof }))
  const guard = protect(w.appgrant.authorizer, { audience: API, dpop: {} })
  const reads = w.observed.reads.length
  const writes = w.observed.writes()
  const dpop = await key.prove({ url: `${API}/calls`, method: 'GET', token: access })
  const headers = { authorization: `DPoP ${access}`, dpop }
  expect(await guard(new Request(`${API}/calls`, { headers }))).toMatchObject({ ok: true, account: 'user' })
  const commands = w.observed.reads.slice(reads).map((refs) => refs.map(({ kind }) => kind).join(''))
  expect({ commands, written: w.observed.writes() - writes }).toEqual({ commands: ['tais'], written: 0 })
  // A proof that is not for the request costs none.
  const foreign = { ...headers, dpop: await key.prove({ url: `${API}/other`, method: 'GET', token: access }) }
  expect(await guard(new Request(`${API}/calls`, { headers: foreign }))).toMatchObject({ status: 401 })
  expect(w.observed.reads.length).toBe(reads + 1)
})
