// One node of the library in a process of its own. Does what each line on stdin says, several at once, and replies to each with a line: all JSON, in
// the forms of told.ts. Argument: the database, as JSON. It ends when its input ends.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import {
  type AccountDirectory,
  type AppGrant,
  createAppGrant,
  isAppGrantError,
  type Store,
} from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import type { Asked } from '../../model/app-history.ts'
import { NO_LIMITS } from '../../support/limits.ts'
import { openDatabase } from './database.ts'
import type { Begun, Told } from './reported.ts'

const [, , database = ''] = process.argv
const store = openDatabase(JSON.parse(database))
const OWNER = 'org'
const USER = 'user'
const REDIRECT = 'https://app.example/callback'
const VERIFIER = 'a-verifier-of-the-tests.with~every_kind-of-character'
const settings = {
  issuer: 'https://pbx.example/oauth',
  // A slow machine leaves no outcome unknown.
  timeoutMs: 30_000,
  // Longer than any run, so that no result depends on the time.
  lifetimes: { refreshGraceSeconds: 60 },
  limits: NO_LIMITS,
}
/** Each account is a tenant of its own, so the user may authorize a published app only. */
const directory: AccountDirectory = {
  lineage: async (id) => [
    { id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true, tenant: id },
  ],
}
const appgrant = createAppGrant({ store, directory, ...settings })
/** Releases the late writes, by the key of their app. */
const late = new Map<string, () => Promise<unknown>>()

async function begin(): Promise<Begun> {
  const { app, secret } = await appgrant.apps.register(
    exampleApp({ owner: OWNER, trusted: true, redirectUrls: [REDIRECT] }),
  )
  await appgrant.apps.setPublished(app.key, true)
  const params = new URLSearchParams({
    client_id: app.key,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const asked = await appgrant.authorizer.beginAuthorization(params, { account: USER })
  if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
  const { location } = await appgrant.authorizer.approve({ ticket: asked.ticket, account: USER })
  const code = new URL(location).searchParams.get('code') ?? ''
  const by = { key: app.key, secret, code, codeVerifier: VERIFIER, redirectUrl: REDIRECT }
  const { tokenId, accessToken, refreshToken = '' } = await appgrant.authorizer.exchangeCode(by)
  return { key: app.key, secret, token: tokenId, text: accessToken, refresh: refreshToken }
}

/** Calls a node and returns what to report of the result. */
async function ask(
  { apps, tokens, installs, authorizer }: AppGrant,
  key: string,
  asked: Asked,
  text: string,
): Promise<object> {
  switch (asked.act) {
    case 'grant': {
      const { tokenId, accessToken } = await authorizer.clientCredentials({ key, secret: asked.secret })
      return { token: tokenId, text: accessToken }
    }
    case 'refresh': {
      const by = { key, secret: asked.secret, refreshToken: asked.refresh }
      const { tokenId, accessToken, refreshToken } = await authorizer.refresh(by)
      return { token: tokenId, text: accessToken, refresh: refreshToken }
    }
    case 'verify': {
      const answer = await authorizer.tryVerify(text)
      return answer.ok ? {} : { outcome: answer.reason }
    }
    case 'removeToken':
      await tokens.remove({ app: key, account: OWNER, ids: [asked.token] })
      return {}
    case 'removeAllOfOwner':
    case 'removeAllOfUser':
      await tokens.removeAll({ app: key, account: asked.act === 'removeAllOfOwner' ? OWNER : USER })
      return {}
    case 'regenerate': {
      const { secret } = await apps.regenerateSecret(key)
      return { secret }
    }
    case 'trust':
    case 'distrust':
      await apps.setTrusted(key, asked.act === 'trust')
      return {}
    case 'publish':
    case 'unpublish':
      await apps.setPublished(key, asked.act === 'publish')
      return {}
    case 'withdraw':
      return (await installs.withdraw({ app: key, account: USER })) ? {} : { outcome: 'absent' }
    case 'remove':
      return (await apps.remove(key)) ? {} : { outcome: 'absent' }
    default:
      await apps[asked.act](key)
      return {}
  }
}

/** A node whose next replace gets no reply and arrives when it is released. */
function nodeWithLateWrite(key: string): AppGrant {
  const replace: Store['replace'] = (from, to) => {
    if (late.has(key)) return store.replace(from, to)
    late.set(key, () => store.replace(from, to))
    return Promise.reject(new Error('no answer'))
  }
  return createAppGrant({ store: { ...store, replace }, directory, ...settings })
}

async function answerTo(told: Told): Promise<object> {
  if ('begin' in told) return begin()
  if ('release' in told) {
    await late.get(told.release)?.()
    return {}
  }
  const node = told.isLate ? nodeWithLateWrite(told.key) : appgrant
  const from = process.hrtime.bigint()
  const answered = await ask(node, told.key, told.asked, told.text ?? '').catch((error: unknown) => {
    if (isAppGrantError(error)) return { outcome: error.code }
    throw error
  })
  const to = process.hrtime.bigint()
  const { text, ...rest } = { outcome: 'ok', ...answered } as { text?: string }
  return { answered: rest, text, from: `${from}`, to: `${to}` }
}

await store.prepare()
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...told } = JSON.parse(line) as Told & { readonly call: number }
  void answerTo(told).then((answer) => process.stdout.write(`${JSON.stringify({ call, ...answer })}\n`))
}
process.exit()
