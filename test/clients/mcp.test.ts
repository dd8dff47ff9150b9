import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { serveTools } from '../../examples/mcp-tools.ts'
import { createHandler } from '../../src/http/index.ts'
import { type AppGrantOptions, createAppGrant, type FetchDocument } from '../../src/index.ts'
import { accessOf, protectNode, toNodeHandler } from '../../src/node.ts'
import { observedStore } from '../support/observed-store.ts'
import { closed, listening } from '../support/real-server.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { userApproves } from '../support/user-approves.ts'

const ROOT = new URL('../..', import.meta.url).pathname
/** What is installed for each language, and the file that pins it. */
const INSTALLS = [
  ['mcp', 'package-lock.json'],
  ['mcp-python', 'requirements.txt'],
] as const
const REDIRECT = 'http://localhost:53123/callback'
const DOCUMENT_URL = 'https://assistant.example/client.json'
const ACCOUNT = 'user-1'
const TOOLS = { tools: ['count-calls'] }

const isInstalled = INSTALLS.every(([folder, pins]) => {
  const installed = join(ROOT, `.cache/clients-${folder}/installed`)
  const pinned = readFileSync(join(ROOT, 'test/clients', folder, pins), 'utf8')
  return existsSync(installed) && readFileSync(installed, 'utf8') === pinned
})

/** A platform with an MCP server, which has a log of its requests and of what it stores. */
async function platform({ dpop, ...more }: Partial<AppGrantOptions> = {}) {
  const server = createServer()
  const issuer = await listening(server)
  const mcp = `${issuer}/mcp`
  const store = observedStore(memoryStore())
  const options: AppGrantOptions = {
    ...{ store, issuer, resources: [mcp], scopes: { 'mcp:tools': 'Count your calls' } },
    redirects: { loopback: 'public' },
    dpop,
    ...more,
  }
  const appgrant = createAppGrant(options)
  const endpoints = toNodeHandler(
    createHandler(appgrant, {
      signIn: async () => ({ account: ACCOUNT }),
      resourceMetadata: [{ resource: mcp, dpop: dpop !== undefined }],
    }),
  )
  const guard = protectNode(appgrant.authorizer, { audience: mcp, scope: 'mcp:tools', metadata: true, dpop })
  const requests: string[] = []
  const keys: (string | undefined)[] = []
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url ?? '', issuer)
    requests.push(`${request.method} ${pathname}`)
    if (pathname !== '/mcp') void endpoints(request, response)
    else
      guard(request, response, () => {
        keys.push(accessOf(request).jkt)
        void serveTools(request, response, accessOf(request).account)
      })
  })
  return {
    ...{ appgrant, store, issuer, mcp },
    /** The keys of the requests that were let through since the last call. */
    keys: () => keys.splice(0),
    /** The requests since the last call. */
    requests: () => requests.splice(0),
    apps: async () => (await appgrant.as(ACCOUNT).apps.list()).items,
    async close() {
      await closed(server)
      await appgrant.close()
    },
  }
}
type Platform = Awaited<ReturnType<typeof platform>>

/** A program that runs until it is closed, and what it reports. */
async function start(file: string, given: Readonly<Record<string, unknown>>) {
  const isPython = file.endsWith('.py')
  const language = isPython ? 'mcp-python' : 'mcp'
  const cache = join(ROOT, `.cache/clients-${language}`)
  // Node looks for packages from where the program is.
  const folder = mkdtempSync(join(cache, 'run-'))
  cpSync(join(ROOT, 'test/clients', language), folder, { recursive: true })
  const child = spawn(isPython ? 'python3' : process.execPath, [join(folder, file), JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: join(cache, 'packages') },
  })
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(line: string): Promise<{ readonly url?: string; readonly tools?: readonly string[] }> {
      child.stdin.write(`${line}\n`)
      const { value } = await lines.next()
      if (value === undefined) expect.fail(complaints.join(''))
      return JSON.parse(value)
    },
    tell: (line: string) => void child.stdin.write(`${line}\n`),
    async close() {
      child.stdin.end()
      const [code] = await ended
      rmSync(folder, { recursive: true, force: true })
      expect({
        code,
        complaints: complaints.join('').replaceAll(/^\[mcp-sdk\] OAuth "\w+" — invalidating.*\n/gm, ''),
      }).toEqual({
        code: 0,
        complaints: '',
      })
    },
  }
}
type Program = Awaited<ReturnType<typeof start>>

const DISCOVERY = ['GET /.well-known/oauth-protected-resource/mcp', 'GET /.well-known/oauth-authorization-server']

/** The program connects, and the user approves. @returns what it did before the user saw anything. */
async function connects(here: Platform, program: Program): Promise<readonly string[]> {
  here.requests()
  const stored = here.store.writes()
  const { url = '' } = await program.ask('call')
  const before = here.requests()
  expect(here.store.writes()).toBe(stored)
  const callback = await userApproves(url, 'mcp:tools')
  expect(callback.searchParams.get('iss')).toBe(here.issuer)
  expect(await program.ask(callback.href)).toEqual(TOOLS)
  return before
}

/** The program has lost its access, and sends the user to our page, which leads nowhere. */
async function isShownThePage(here: Platform, program: Program): Promise<readonly string[]> {
  here.requests()
  const { url = '' } = await program.ask('call')
  const before = here.requests()
  const stored = here.store.writes()
  const page = await fetch(url, { redirect: 'manual' })
  expect({ status: page.status, location: page.headers.get('location') }).toEqual({ status: 400, location: null })
  expect(here.store.writes()).toBe(stored)
  program.tell('none')
  return before
}

const without = (requests: readonly string[], some: readonly string[]) => requests.filter((one) => !some.includes(one))

/** The Python SDK refreshes by its clock only: after a 401 it keeps what it has, and asks the user. */
const refreshesByClock = (file: string) => file.endsWith('.py')

/** Its access token is no longer accepted, and it gets another without the user. */
async function refreshes(here: Platform, program: Program, file: string): Promise<void> {
  here.requests()
  if (refreshesByClock(file)) program.tell('expire')
  expect(await program.ask('call')).toEqual(TOOLS)
  const first = refreshesByClock(file) ? [] : ['POST /mcp']
  const expected = [...first, 'POST /token', 'POST /mcp']
  expect(without(here.requests(), DISCOVERY).slice(0, expected.length)).toEqual(expected)
}

/** Its app was resumed: it asks the user, or has kept a token that works again. */
async function worksAgain(here: Platform, program: Program, file: string): Promise<void> {
  if (refreshesByClock(file)) expect(await program.ask('call')).toEqual(TOOLS)
  else await connects(here, program)
}

describeWith(
  'MCP clients, unmodified',
  { found: isInstalled || undefined, missing: 'they are not in .cache (scripts/test-servers.sh)' },
  () => {
    it.each(['sdk-v1.js', 'sdk-v2.js', 'program.py'])(
      '%s uses tools with a registered app, refreshes, and is kept out while the app is suspended and once it is removed (WEB-7)',
      async (file) => {
        const here = await platform()
        const { app } = await here.appgrant.apps.register({
          ...{
            owner: ACCOUNT,
            name: 'Assistant',
            homepage: 'https://assistant.example/',
            adminEmail: 'ops@assistant.example',
          },
          ...{ redirectUrls: [REDIRECT], public: true, scopes: ['mcp:tools'] },
        })
        const program = await start(file, {
          mcp: here.mcp,
          issuer: here.issuer,
          redirectUrl: REDIRECT,
          clientId: app.key,
        })

        expect(await connects(here, program)).toEqual(['POST /mcp', ...DISCOVERY])

        await here.appgrant.tokens.removeAll({ app: app.key, account: ACCOUNT })
        await refreshes(here, program, file)

        await here.appgrant.apps.suspend(app.key)
        const attempts = refreshesByClock(file) ? ['POST /mcp'] : ['POST /mcp', 'POST /token']
        expect(without(await isShownThePage(here, program), DISCOVERY)).toEqual(attempts)

        await here.appgrant.apps.resume(app.key)
        await worksAgain(here, program, file)

        await here.appgrant.apps.remove(app.key)
        await isShownThePage(here, program)

        await program.close()
        await here.close()
      },
    )

    it('sdk-v2.js with dpop() binds its tokens to one key, is asked once for a nonce, and refreshes (DPOP-2, DPOP-3)', async () => {
      const selfRegistration = { keys: ['k'.repeat(32)], scopes: ['mcp:tools'] }
      const here = await platform({ selfRegistration, dpop: { nonceKeys: ['n'.repeat(32)] } })
      const program = await start('sdk-v2.js', { mcp: here.mcp, redirectUrl: REDIRECT, dpop: true })

      await connects(here, program)
      // The nonce of the token endpoint is good for the resource too: they have the same keys, and the same origin.
      const requests = without(here.requests(), DISCOVERY)
      expect(requests.filter((one) => one === 'POST /token')).toHaveLength(2)
      const [jkt, ...others] = new Set(here.keys())
      expect([jkt, others]).toEqual([expect.stringMatching(/^[\w-]{43}$/), []])

      const [app] = await here.apps()
      await here.appgrant.tokens.removeAll({ app: app?.key ?? '', account: ACCOUNT })
      await refreshes(here, program, 'sdk-v2.js')
      expect(new Set(here.keys())).toEqual(new Set([jkt]))

      await program.close()
      await here.close()
    })

    const programs = ['sdk-v1.js', 'sdk-v2.js', 'program.py'].flatMap((file) => [
      [file, 'that registers itself', {}, ['POST /register']] as const,
      [file, 'that publishes a document', { documentUrl: DOCUMENT_URL }, []] as const,
    ])
    it.each(programs)(
      '%s %s uses tools, refreshes, is kept out while its app is suspended, and asks again once it is removed (WEB-5, WEB-6)',
      async (file, _, known, registers) => {
        const fetched: string[] = []
        const fetchDocument: FetchDocument = async (url) => {
          fetched.push(url)
          const document = { client_id: url, client_name: 'Assistant', redirect_uris: [REDIRECT] }
          const headers = new Map([['content-type', 'application/json']])
          return { status: 200, headers, body: Buffer.from(JSON.stringify(document)) }
        }
        const selfRegistration = { keys: ['k'.repeat(32)], scopes: ['mcp:tools'], fetchDocument }
        const here = await platform({ selfRegistration })
        const program = await start(file, { mcp: here.mcp, redirectUrl: REDIRECT, ...known })

        expect(await connects(here, program)).toEqual(['POST /mcp', ...DISCOVERY, ...registers])
        const [app, ...others] = await here.apps()
        expect({ name: app?.name, by: app?.origin?.by, others }).toEqual({
          name: 'Assistant',
          by: 'itself',
          others: [],
        })
        const key = app?.key ?? ''

        await here.appgrant.tokens.removeAll({ app: key, account: ACCOUNT })
        await refreshes(here, program, file)

        await here.appgrant.apps.suspend(key)
        const attempts = refreshesByClock(file) ? ['POST /mcp'] : ['POST /mcp', 'POST /token', ...registers]
        expect(without(await isShownThePage(here, program), DISCOVERY)).toEqual(attempts)

        await here.appgrant.apps.resume(key)
        await worksAgain(here, program, file)
        expect((await here.apps()).map((one) => one.key)).toEqual([key])

        await here.appgrant.apps.remove(key)
        await connects(here, program)
        const [another, ...more] = await here.apps()
        expect({ isOther: another !== undefined && another.key !== key, more }).toEqual({ isOther: true, more: [] })
        expect(fetched).toEqual(registers.length > 0 ? [] : [DOCUMENT_URL])

        await program.close()
        await here.close()
      },
    )
  },
)
