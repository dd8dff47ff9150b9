import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose'
import { generateSigningKey, type SignatureAlgorithm, type Store } from '../../dist/index.js'
import { memoryStore } from '../../dist/memory.js'
import { loadSignedFormat } from '../../src/credentials/jwt/signed-format.ts'
import { checkSigning } from '../../src/credentials/jwt/signing-keys.ts'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce, interleaved } from '../measure.ts'
import type { Bench, Group } from '../report.ts'

/** Signed access tokens on the memory store, beside jose alone with the same key and the same claims. */
export const signed: Group = async (bench) => {
  for (const alg of bench.quick ? (['ES256'] as const) : (['ES256', 'EdDSA', 'RS256'] as const))
    await measure(bench, alg)
}

async function measure(bench: Bench, alg: SignatureAlgorithm): Promise<void> {
  const current = await generateSigningKey({ alg })
  const { appgrant, key, secret } = await platform(memoryStore(), { signing: { current } })
  const opaque = await platform(memoryStore())
  const unstored = await platform(withoutTokens(memoryStore()), { signing: { current } })
  const tokens = await mint(appgrant, { key, secret }, 500)
  const opaqueTokens = cycle(await mint(opaque.appgrant, opaque, 500))
  const next = cycle(tokens)

  const { jwks, read } = await loadSignedFormat(checkSigning({ current }), { timeoutMs: 1000 })
  const publicKey = await importJWK(jwks.keys[0] ?? {}, alg)
  const privateKey = await importJWK(current, alg)
  const issuer = appgrant.issuer ?? ''
  const claims = decodeJwt(tokens[0] ?? '')
  const header = { ...decodeProtectedHeader(tokens[0] ?? ''), alg }
  const rules = () => ({ issuer, audience: [issuer], now: Date.now(), toleranceMs: 1000 })

  const contenders = [
    { name: 'jwtVerify', run: () => jwtVerify(next(), publicKey, { issuer, audience: issuer, typ: 'at+jwt' }) },
    {
      name: 'signature part',
      run: async () => {
        if (typeof (await read(next(), rules())) === 'string') throw new Error('not valid')
      },
    },
    { name: 'verify', run: () => appgrant.authorizer.tryVerify(next()) },
    { name: 'opaque', run: () => opaque.appgrant.authorizer.tryVerify(opaqueTokens()) },
    { name: 'SignJWT', run: () => new SignJWT(claims).setProtectedHeader(header).sign(privateKey) },
    {
      name: 'unstored',
      run: () => unstored.appgrant.authorizer.clientCredentials({ key: unstored.key, secret: unstored.secret }),
    },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
  ]
  for (const inFlight of [1, 64]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 7 : 11,
      millis: bench.quick ? 250 : 400,
    })
    const compare = (ours: string, against: string, measured: string, goal: string) =>
      bench.compare({
        measure: `${alg}: ${measured}, ${inFlight} in flight`,
        goal,
        ours: of(ours),
        reference: of(against),
        against: `bare ${against}`,
      })
    compare('signature part', 'jwtVerify', 'signature part of verify', 'none')
    compare('issue', 'SignJWT', 'issue', inFlight === 64 ? '>= 0.8' : 'none')
    compare('unstored', 'SignJWT', 'issue, without what the store does', 'none')
    compare('verify', 'jwtVerify', 'strict verify, state included', 'none')
    bench.compare({
      measure: `${alg}: strict verify, ${inFlight} in flight`,
      goal: 'none',
      ours: of('verify'),
      reference: of('opaque'),
      against: 'strict verify of an opaque token',
    })
  }
  await appgrant.close()
  await opaque.appgrant.close()
  await unstored.appgrant.close()
}

/** A store that takes tokens and forgets them: nothing grows, and what is left is what the library does. */
function withoutTokens(store: Store): Store {
  return {
    ...store,
    insert: async (record, options) => (record.kind === 't' ? 'inserted' : store.insert(record, options)),
  }
}
