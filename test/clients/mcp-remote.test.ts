import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { serveTools } from '../../examples/mcp-tools.ts'
import { createHandler } from '../../src/http/index.ts'
import { createAppGrant } from '../../src/index.ts'
import { accessOf, protectNode, toNodeHandler } from '../../src/node.ts'
import { closed, listening } from '../support/real-server.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { aMoment, userConnectsDevice } from '../support/user-connects-device.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const CACHE = join(ROOT, '.cache/clients-mcp-remote')
const PINS = readFileSync(join(ROOT, 'test/clients/mcp-remote/package-lock.json'), 'utf8')
const isInstalled = existsSync(join(CACHE, 'installed')) && readFileSync(join(CACHE, 'installed'), 'utf8') === PINS
const KEY = 'k'.repeat(32)

describeWith(
  'mcp-remote, unmodified',
  { found: isInstalled || undefined, missing: 'it is not in .cache (scripts/test-servers.sh)' },
  () => {
    it('mcp-remote --device-code registers itself, shows the code, and uses tools once the user has approved (DEV-1, WEB-5)', async () => {
      const server = createServer()
      const issuer = await listening(server)
      const mcp = `${issuer}/mcp`
      const appgrant = createAppGrant({
        ...{ store: memoryStore(), issuer, resources: [mcp], scopes: { 'mcp:tools': 'Count your calls' } },
        ...{ keyRing: [KEY], deviceGrant: { apps: () => true } },
        selfRegistration: { keys: [KEY], scopes: ['mcp:tools'] },
      })
      const signIn = async () => ({ account: 'user-1' })
      const endpoints = toNodeHandler(createHandler(appgrant, { signIn, resourceMetadata: [{ resource: mcp }] }))
      const guard = protectNode(appgrant.authorizer, { audience: mcp, scope: 'mcp:tools', metadata: true })
      let polls = 0
      server.on('request', (request, response) => {
        const { pathname } = new URL(request.url ?? '', issuer)
        if (pathname === '/token') polls++
        if (pathname !== '/mcp') void endpoints(request, response)
        else guard(request, response, () => void serveTools(request, response, accessOf(request).account))
      })

      const folder = mkdtempSync(join(tmpdir(), 'mcp-remote-'))
      const program = join(CACHE, 'node_modules/mcp-remote/dist/client.js')
      const child = spawn(process.execPath, [program, mcp, '--device-code'], {
        stdio: 'pipe',
        env: { ...process.env, MCP_REMOTE_CONFIG_DIR: folder },
      })
      try {
        let said = ''
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => {
            said += text
          })
        const ended = once(child, 'close')
        const shown = () => /(http\S+\/device)\?user_code=(\S+)/.exec(said)
        while (!shown() && child.exitCode === null) await aMoment()
        const [, address = '', userCode = ''] = shown() ?? []
        expect(userCode, said).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
        await userConnectsDevice(address, userCode, { scope: 'mcp:tools', answered: aMoment })
        while (!said.includes('count-calls') && child.exitCode === null) await aMoment()
        expect(said).toContain('count-calls')
        child.kill()
        await ended
        expect(polls).toBeLessThanOrEqual(4)
        const { items } = await appgrant.as('user-1').apps.list()
        expect(items).toMatchObject([{ owner: 'user-1', origin: { by: 'itself' } }])
      } finally {
        child.kill()
        rmSync(folder, { recursive: true, force: true })
        await closed(server)
        await appgrant.close()
      }
    })
  },
)
