import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protectNode } from '../../src/node.ts'
import { manualClock } from '../../src/testing/index.ts'
import { DEVICES } from '../support/devices.ts'
import { closed, listening, realServer } from '../support/real-server.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { userApproves } from '../support/user-approves.ts'
import { aMoment, userConnectsDevice } from '../support/user-connects-device.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const CACHE = join(ROOT, '.cache/clients-node')
const PINS = readFileSync(join(ROOT, 'test/clients/node/package-lock.json'), 'utf8')
const isInstalled = existsSync(join(CACHE, 'installed')) && readFileSync(join(CACHE, 'installed'), 'utf8') === PINS
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

describe('clients of devices, and clients that push their requests', () => {
  let server: Awaited<ReturnType<typeof realServer>>
  let apiServer: Server
  let api: string
  beforeAll(async () => {
    server = await realServer({}, { ...DEVICES, pushedRequests: 'accepted' })
    const guard = protectNode(server.appgrant.authorizer, { scope: 'calls:read' })
    apiServer = createServer((request, response) => guard(request, response, () => response.end('calls')))
    api = `${await listening(apiServer)}/calls`
  })
  afterAll(async () => {
    await closed(apiServer)
    await server.close()
  })

  it('a desk phone needs nothing but curl: codes, polls, and tokens that work (DEV-1, DEV-4)', async () => {
    const clock = manualClock()
    const phones = await realServer({}, { ...DEVICES, clock })
    try {
      const { app } = await phones.register({ public: true })
      const curl = async (path: string, form: Record<string, string>) => {
        const fields = Object.entries({ client_id: app.key, ...form }).flatMap(([name, value]) => [
          '--data-urlencode',
          `${name}=${value}`,
        ])
        const { stdout } = await promisify(execFile)('curl', ['-s', ...fields, phones.issuer + path])
        return JSON.parse(stdout) as Record<string, string>
      }
      const codes = await curl('/device_authorization', { scope: 'calls:read' })
      const { device_code = '', user_code = '', verification_uri = '', ...rest } = codes
      expect(rest).toEqual({
        expires_in: 600,
        interval: 5,
        verification_uri_complete: `${phones.issuer}/device?user_code=${user_code}`,
      })
      const poll = () => curl('/token', { grant_type: DEVICE_CODE, device_code })
      expect(await poll()).toMatchObject({ error: 'authorization_pending' })
      expect(await poll()).toMatchObject({ error: 'slow_down' })
      const answered = async () => {
        clock.advance(10_000)
        expect(await poll()).toMatchObject({ error: 'authorization_pending' })
      }
      await userConnectsDevice(verification_uri, user_code, { scope: 'calls:read', answered })
      clock.advance(10_000)
      const tokens = await poll()
      expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'calls:read' })
      const { refresh_token = '' } = tokens
      const refreshed = await curl('/token', { grant_type: 'refresh_token', refresh_token })
      expect(refreshed).toMatchObject({ token_type: 'Bearer', scope: 'calls:read' })
      const access = await phones.appgrant.authorizer.verify(refreshed.access_token ?? '')
      expect(access).toMatchObject({ account: 'user-1', app: { key: app.key } })
    } finally {
      await phones.close()
    }
  })

  const needs = {
    found: isInstalled || undefined,
    missing: 'openid-client is not in .cache (scripts/test-servers.sh)',
  }
  describeWith('openid-client', needs, () => {
    /** Runs a program, and what the user does with the address that it prints. @returns what it reports. */
    async function runs(program: string, isPublic: boolean, browse: (address: URL) => Promise<string>) {
      const { app, secret } = await server.register({ public: isPublic })
      // Node looks for packages from where the program is.
      const folder = mkdtempSync(join(CACHE, 'run-'))
      cpSync(join(ROOT, 'test/clients/node'), folder, { recursive: true })
      const common = {
        issuer: server.issuer,
        api,
        redirectUrl: 'https://reports.example/callback',
        scope: 'calls:read',
      }
      const given = { ...common, key: app.key, ...(!isPublic && { secret }) }
      const child = spawn(process.execPath, [join(folder, program), JSON.stringify(given)], { stdio: 'pipe' })
      try {
        const complaints: string[] = []
        child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
        const ended = once(child, 'close')
        let seen: unknown
        for await (const line of createInterface({ input: child.stdout })) {
          if (line.startsWith('{')) seen = JSON.parse(line)
          else child.stdin.end(`${await browse(new URL(line))}\n`)
        }
        const [code] = await ended
        expect({ code, complaints: complaints.join('') }).toEqual({ code: 0, complaints: '' })
        return seen
      } finally {
        child.kill()
        rmSync(folder, { recursive: true, force: true })
      }
    }

    it.each([true, false])('openid-client gets tokens for a device (public app: %s) (DEV-1)', async (isPublic) => {
      let connected: Promise<void> | undefined
      const seen = await runs('openid-client-device.js', isPublic, async ({ origin, pathname, searchParams }) => {
        const userCode = searchParams.get('user_code') ?? ''
        const by = { scope: 'calls:read', answered: aMoment }
        connected = userConnectsDevice(origin + pathname, userCode, by)
        return 'shown'
      })
      await connected
      expect(seen).toEqual({ scope: 'calls:read', status: 200 })
    })

    it.each([true, false])(
      'openid-client pushes its authorization request (public app: %s) (PAR-1)',
      async (isPublic) => {
        const seen = await runs(
          'openid-client-par.js',
          isPublic,
          async (url) => (await userApproves(url, 'calls:read')).href,
        )
        expect(seen).toEqual({ carried: ['request_uri', 'client_id'], scope: 'calls:read', status: 200 })
      },
    )
  })
})
