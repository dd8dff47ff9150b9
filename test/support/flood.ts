import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createHandler } from '../../src/http/index.ts'
import { createAppGrant, type RequestContext } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { NO_LIMITS } from './limits.ts'
import { CLIENT_KEY } from './self-registration.ts'

/**
 * A program, run with --expose-gc: calls every public entry with texts of 16 kB that prove nothing, and prints how many bytes of the
 * heap each flood has left, as JSON.
 */

const TEXT = 16_000
const FAILURES = 20_000
const REGISTRATIONS = 10_000
const CALLS = 200
const ISSUER = 'https://login.example'
const FAILURES_LIMITED = { failedAttemptsPerApp: 10, failedAttemptsPerAddress: 50 }

export interface Flooded {
  readonly entry: string
  readonly calls: number
  readonly growth: number
}

// Limits of a second or a minute would only hide what the calls beyond them would keep.
const appgrant = createAppGrant({
  store: memoryStore(),
  issuer: ISSUER,
  limits: { ...NO_LIMITS, ...FAILURES_LIMITED },
  selfRegistration: { keys: [CLIENT_KEY], scopes: [] },
})
const handler = createHandler(appgrant, { signIn: async () => ({ account: 'org' }) })
const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', scopes: [] }))

let made = 0
/** A text that no other call gets. It begins with the key of an app that does not exist. */
function newText(): string {
  return `${app.key.slice(0, 2)}${String(made++).padStart(30, '0')}`.padEnd(TEXT, 'x')
}

// Slices, which keep the whole text alive for as long as they are kept.
const keyIn = (text: string) => text.slice(0, 32)
const accountIn = (text: string) => text.slice(0, 200)
const addressIn = (text: string) => `${text}:2001:db8:${made.toString(16)}::1`.slice(TEXT + 1)

const SLICED: Readonly<Record<string, (text: string) => unknown>> = {
  key: keyIn,
  app: keyIn,
  secret: keyIn,
  assertion: () => undefined,
  account: accountIn,
  owner: accountIn,
  login: accountIn,
  remoteAddress: addressIn,
}
const WHOLE: typeof SLICED = {
  remoteAddress: addressIn,
  secret: () => undefined,
  assertion: (text) => `${Buffer.from(text).toString('base64url')}.${text}.${text}`,
  ids: (text) => [text, keyIn(text)],
  scope: (text) => [text],
  resources: (text) => [text],
  cursor: (text) => text,
  limit: () => 10,
}

/** An input that has every member, made from the text. */
function inputOf(text: string, members: typeof SLICED): never {
  const get = (_: object, name: string | symbol) =>
    typeof name === 'string' && name !== 'then' ? (members[name] ?? ((whole: string) => whole))(text) : undefined
  return new Proxy({}, { get }) as never
}

function argumentsOf(text: string): readonly (readonly unknown[])[] {
  const params = new URLSearchParams({ client_id: keyIn(text), redirect_uri: text, state: text })
  const context: RequestContext = { userAgent: text, remoteAddress: addressIn(text) }
  return [
    [text, text],
    [keyIn(text), inputOf(text, SLICED)],
    [app.key, inputOf(text, WHOLE)],
    [inputOf(text, SLICED)],
    [inputOf(text, WHOLE)],
    [{ ...context, key: app.key, secret: keyIn(text), token: text, code: text, refreshToken: text }],
    [params, { ...context, account: accountIn(text) }],
  ]
}

/** Every method of an API, whatever its arguments mean. */
function floodsOf(name: string, api: object): readonly (readonly [string, () => Promise<unknown>])[] {
  return Object.entries(api).map(([method, run]: [string, (...args: readonly unknown[]) => unknown]) => [
    `${name}.${method}`,
    async () => {
      for (const args of argumentsOf(newText())) await settled(() => run(...args))
    },
  ])
}

/** Every endpoint that the metadata and the OpenAPI description name. */
async function endpointFloods(): Promise<readonly (readonly [string, () => Promise<unknown>])[]> {
  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await handler(new Request(ISSUER + path))).json() as Promise<Record<string, unknown>>
  const metadata = await json('/.well-known/oauth-authorization-server')
  const oauth = Object.entries(metadata)
    .filter(([name]) => name.endsWith('_endpoint'))
    .map(([, url]) => new URL(String(url)).pathname)
  const { paths } = await json('/openapi.json')
  const api = Object.entries(paths as object).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  )
  const all = [
    ...[...oauth, '/authorize/decision'].map((path) => ['POST', path] as const),
    ['GET', '/authorize'] as const,
    ['GET', '/nowhere'] as const,
    ...api,
  ]
  return all.map(([method, path]) => [`${method} ${path}`, () => flood(method, path)])
}

async function flood(method: string, template: string): Promise<void> {
  const text = newText()
  const path = template.replaceAll(/\{\w+\}/g, keyIn(text))
  const query = new URLSearchParams({ client_id: keyIn(text), app: keyIn(text), name: text, cursor: text })
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: keyIn(text),
    client_secret: keyIn(text.slice(1)),
    refresh_token: text.slice(0, 15_000),
    token: text.slice(0, 100),
  })
  const parts = {
    key: keyIn(text),
    apps: [keyIn(text)],
    app: keyIn(text),
    ids: [keyIn(text)],
    name: text.slice(0, 9000),
  }
  const basic = `Basic ${btoa(`${keyIn(text)}:${text.slice(0, 5000)}`)}`
  const send = async (target: string, headers: Record<string, string>, body?: string) => {
    const request = new Request(ISSUER + target, {
      method,
      headers: { 'user-agent': text.slice(0, 8000), 'sec-fetch-site': 'same-origin', ...headers },
      ...(method !== 'GET' && body !== undefined && { body }),
    })
    const response = await handler(request, { remoteAddress: addressIn(text) })
    await response.arrayBuffer()
  }
  const ofForm = { 'content-type': 'application/x-www-form-urlencoded' }
  await send(path, ofForm, `${form}`)
  await send(path, { ...ofForm, authorization: basic }, `token=${text.slice(0, 15_000)}`)
  await send(`${path}?${query}`, { 'content-type': 'application/json' }, JSON.stringify(parts))
}

/** A program that nobody has registered before describes itself. The page is too long for a program to have, so it is left out. */
async function register(): Promise<void> {
  const text = newText()
  const description = {
    client_name: `Agent ${made}`,
    client_uri: `https://agent.example/${text.slice(0, 12_000)}`,
    redirect_uris: [`http://localhost/${made}`],
  }
  const headers = { 'content-type': 'application/json' }
  const request = new Request(`${ISSUER}/register`, { method: 'POST', headers, body: JSON.stringify(description) })
  const response = await handler(request, { remoteAddress: addressIn(text) })
  if (response.status !== 201) throw new Error(`expected 201, received ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

async function settled(call: () => unknown): Promise<void> {
  try {
    await call()
  } catch {
    // Refused: what is of interest is what is left of it.
  }
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function measure(entry: string, calls: number, call: () => Promise<unknown>): Promise<Flooded> {
  // What the first call loads and compiles is not what callers fill.
  await call()
  const before = heapUsed()
  for (let n = 1; n < calls; n++) await call()
  return { entry, calls, growth: heapUsed() - before }
}

const { authorizer } = appgrant
const fail = (credentials: () => object) => () =>
  settled(() => authorizer.authenticateApp({ ...credentials(), remoteAddress: '192.0.2.1' } as never))
const results = [
  await measure(
    'failures with an unknown client_id',
    FAILURES,
    fail(() => ({ key: newText(), secret: 'wrong' })),
  ),
  await measure(
    'failures with the key of an app',
    FAILURES,
    fail(() => ({ key: keyIn(newText()), secret: newText() })),
  ),
  await measure('registrations of programs', REGISTRATIONS, register),
]
const own = appgrant.as('org')
for (const [entry, call] of [
  ...floodsOf('authorizer', authorizer),
  ...floodsOf('apps', own.apps),
  ...floodsOf('tokens', own.tokens),
  ...floodsOf('installs', own.installs),
  ...(await endpointFloods()),
])
  results.push(await measure(entry, CALLS, call))
process.stdout.write(JSON.stringify(results satisfies readonly Flooded[]))
