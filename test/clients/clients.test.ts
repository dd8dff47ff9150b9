import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protectNode } from '../../src/node.ts'
import { closed, listening, realServer } from '../support/real-server.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { userApproves } from '../support/user-approves.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const FIXTURES = join(ROOT, 'test/clients')
const REDIRECT = 'https://reports.example/callback'
const BOTH = 'calls:read calls:write'

/** A client library, unmodified, in a program that is written as its documentation says. */
interface Client {
  readonly language: 'node' | 'python' | 'go'
  /** The files that pin what is installed. */
  readonly pinnedBy: readonly string[]
  /** Given the directory of the program, which is in that of what is installed. */
  readonly command: (folder: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly introspects?: true
  readonly registersItself?: true
  readonly bindsTokens?: true
  /** It gets the first tokens of a user, and does nothing with them. */
  readonly onlySignsIn?: true
  readonly cannotRevoke?: true
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'openid-client': {
    language: 'node',
    pinnedBy: ['package-lock.json'],
    command: (folder) => [process.execPath, join(folder, 'openid-client.js')],
    introspects: true,
    registersItself: true,
    bindsTokens: true,
  },
  'simple-oauth2': {
    language: 'node',
    pinnedBy: ['package-lock.json'],
    command: (folder) => [process.execPath, join(folder, 'simple-oauth2.js')],
  },
  'passport-oauth2': {
    language: 'node',
    pinnedBy: ['package-lock.json'],
    command: (folder) => [process.execPath, join(folder, 'passport-oauth2.js')],
    onlySignsIn: true,
  },
  grant: {
    language: 'node',
    pinnedBy: ['package-lock.json'],
    command: (folder) => [process.execPath, join(folder, 'grant.js')],
    onlySignsIn: true,
  },
  'requests-oauthlib': {
    language: 'python',
    pinnedBy: ['requirements.txt'],
    command: (folder) => ['python3', join(folder, 'program.py')],
    // The first allows http on this machine; the second accepts that the user approved less than was requested.
    env: { OAUTHLIB_INSECURE_TRANSPORT: '1', OAUTHLIB_RELAX_TOKEN_SCOPE: '1' },
  },
  'golang.org/x/oauth2': {
    language: 'go',
    pinnedBy: ['go.sum', 'main.go'],
    command: (folder) => [join(folder, '../client')],
    cannotRevoke: true,
  },
}

/** The directory where the library is installed; undefined if it is missing or has another version. */
function cacheOf({ language, pinnedBy }: Client): string | undefined {
  const cache = join(ROOT, `.cache/clients-${language}`)
  const installed = join(cache, 'installed')
  const pins = pinnedBy.map((file) => readFileSync(join(FIXTURES, language, file), 'utf8')).join('')
  return existsSync(installed) && readFileSync(installed, 'utf8') === pins ? cache : undefined
}

describe('client libraries, unmodified', () => {
  let server: Awaited<ReturnType<typeof realServer>>
  let apiServer: Server
  let api: string
  let boundServer: Server
  let boundApi: string
  beforeAll(async () => {
    const selfRegistration = { keys: ['k'.repeat(32)], scopes: BOTH.split(' '), redirects: [REDIRECT] }
    server = await realServer({}, { selfRegistration, dpop: { nonceKeys: ['n'.repeat(32)] } })
    const guard = protectNode(server.appgrant.authorizer, { scope: 'calls:read' })
    apiServer = createServer((request, response) => guard(request, response, () => response.end('calls')))
    api = `${await listening(apiServer)}/calls`
    boundServer = createServer()
    const url = await listening(boundServer)
    const dpop = { url, nonceKeys: ['another key of the same length'.padEnd(32)] }
    const bound = protectNode(server.appgrant.authorizer, { scope: 'calls:read', dpop })
    boundServer.on('request', (request, response) => bound(request, response, () => response.end('calls')))
    boundApi = `${url}/calls`
  })
  afterAll(async () => {
    await closed(apiServer)
    await closed(boundServer)
    await server.close()
  })

  for (const [name, client] of Object.entries(CLIENTS)) {
    const needs = { found: cacheOf(client), missing: `${name} is not in .cache (scripts/test-servers.sh)` }
    describeWith(name, needs, (cache) => {
      const runs = async (given: Readonly<Record<string, unknown>>) => {
        // Node looks for packages from where the program is.
        const folder = mkdtempSync(join(cache, 'run-'))
        cpSync(join(FIXTURES, client.language), folder, { recursive: true })
        const common = { issuer: server.issuer, api, boundApi, redirectUrl: REDIRECT, scope: BOTH }
        const env = { ...process.env, PYTHONPATH: join(cache, 'packages'), ...client.env }
        try {
          return await converse([...client.command(folder), JSON.stringify({ ...common, ...given })], env)
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      }
      const revoked = client.cannotRevoke ? {} : { afterRevocation: 401 }

      const kinds = [
        ['confidential', false],
        ['public', true],
      ] as const
      const authorize = async (isPublic: boolean) => {
        const { app, secret } = await server.register({ public: isPublic })
        return runs({ flow: 'user', key: app.key, ...(!isPublic && { secret }) })
      }

      if (client.onlySignsIn) {
        it.each(kinds)(
          `${name} does code with PKCE for a user who approves less than a %s app requests`,
          async (_, isPublic) => {
            expect(await authorize(isPublic)).toEqual({ scope: 'calls:read', statuses: [200], isRefreshable: true })
          },
        )
        return
      }

      it(`${name} gets and uses a token of a trusted app, and revokes it`, async () => {
        const { app, secret } = await server.register({ trusted: true })
        expect(await runs({ flow: 'app', key: app.key, secret })).toEqual({
          scope: BOTH,
          status: 200,
          ...(client.introspects && { active: true }),
          ...revoked,
        })
      })

      it(`${name} reports a wrong secret as invalid_client (HTTP-12)`, async () => {
        const { app, secret } = await server.register({ trusted: true })
        const wrong = `${secret?.slice(0, -1)}${secret?.endsWith('A') ? 'B' : 'A'}`
        expect(await runs({ flow: 'app', key: app.key, secret: wrong })).toEqual({ error: 'invalid_client' })
      })

      it.each(kinds)(
        `${name} does code with PKCE, refresh and revocation for a user who approves less than a %s app requests`,
        async (_, isPublic) => {
          expect(await authorize(isPublic)).toEqual({
            scope: 'calls:read',
            statuses: [200, 200],
            isRotated: true,
            ...revoked,
          })
        },
      )

      if (client.bindsTokens)
        it.each(kinds)(
          `${name} binds the tokens of a %s app to a key, with nonces of both servers (DPOP-2, DPOP-3, DPOP-4)`,
          async (_, isPublic) => {
            const { app, secret } = await server.register({ public: isPublic, dpopBoundAccessTokens: true })
            const given = { flow: 'bound', key: app.key, ...(!isPublic && { secret }) }
            expect(await runs(given)).toEqual({ type: 'dpop', statuses: [200, 200], asBearer: 401 })
          },
        )

      if (!client.registersItself) return
      it(`${name} registers itself, and does the same (WEB-5)`, async () => {
        const apps = async () => (await server.appgrant.as('user-1').apps.list()).items
        expect(await apps()).toEqual([])
        expect(await runs({ flow: 'user' })).toEqual({
          scope: 'calls:read',
          statuses: [200, 200],
          isRotated: true,
          ...revoked,
        })
        expect(await apps()).toMatchObject([
          { name: 'Call Reports', origin: { by: 'itself', host: 'reports.example' } },
        ])
      })
    })
  }
})

/**
 * Runs a program of a client. A line with a URL is for the browser: the program receives the URL to which the user returned.
 * The other line is JSON: what the program saw.
 */
async function converse([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<unknown> {
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  let seen: unknown
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) seen = JSON.parse(line)
    else child.stdin.end(`${await userApproves(line, 'calls:read')}\n`)
  }
  const [code] = await ended
  expect({ code, complaints: complaints.join('') }).toEqual({ code: 0, complaints: '' })
  return seen
}
