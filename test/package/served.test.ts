import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { freePort } from '../support/servers/free-port.ts'
import { areInstalled, blocksBelow } from './documented.ts'
import { run } from './run.ts'
import { ROOT } from './setup.ts'

const FIXTURES = join(ROOT, 'test/package/served')
const CACHE = join(ROOT, '.cache/served')
const IMPORTS = `import { createHandler } from 'appgrant/http'
import { toNodeHandler } from 'appgrant/node'
import { appgrant, handler, report } from './platform.js'
`
const SERVED = {
  token_endpoint: 'https://login.example/oauth/token',
  status: 200,
  access_token: expect.stringMatching(/^ag_at_/),
  token_type: 'Bearer',
  expires_in: 3600,
}

describeWith(
  'the frameworks of docs/frameworks.md that change the request',
  {
    found: areInstalled(FIXTURES, CACHE) ? CACHE : undefined,
    missing: 'not in .cache/served (scripts/test-servers.sh)',
  },
  (cache) => {
    let root: string
    beforeAll(() => {
      root = mkdtempSync(join(realpathSync(cache), 'run-'))
      cpSync(join(inject('consumer'), 'node_modules/appgrant'), join(root, 'node_modules/appgrant'), {
        recursive: true,
      })
      for (const name of ['platform.js', 'sveltekit'])
        cpSync(join(FIXTURES, name), join(root, name), { recursive: true })
      for (const name of ['', 'sveltekit']) writeFileSync(join(root, name, 'package.json'), '{"type":"module"}')
    })
    afterAll(() => rmSync(root, { recursive: true, force: true }))

    /** What a client gets from a program with the code of the page. */
    async function served(program: string, folder = root): Promise<unknown> {
      writeFileSync(join(folder, 'server.js'), program)
      const { code, stdout, stderr } = await run(process.execPath, ['server.js'], folder)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      return stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    }

    it.each([0, 1])('Hono serves the endpoints as block %i of the page says (HTTP-9)', async (at) => {
      const program = `${IMPORTS}import { Hono } from 'hono'
const app = new Hono()
${blocksBelow('Hono')[at]}
await report((path, init) => app.request('https://login.example' + path, init))`
      expect(await served(program)).toEqual([SERVED])
    })

    it('Elysia serves the endpoints as the page says (HTTP-9)', async () => {
      const [code = ''] = blocksBelow('Elysia')
      const program = `${IMPORTS}import { Elysia } from 'elysia'
const app = new Elysia()
${code}
await report((path, init) => app.handle(new Request('https://login.example' + path, init)))`
      expect(await served(program)).toEqual([SERVED])
    })

    it('h3 serves the endpoints as the page says (HTTP-9)', async () => {
      const [code = ''] = blocksBelow('h3')
      const program = `${IMPORTS}import { H3 } from 'h3'
const app = new H3()
${code}
await report((path, init) => app.fetch(new Request('https://login.example' + path, init)))`
      expect(await served(program)).toEqual([SERVED])
    })

    it('Cloud Functions serve the endpoints as the page says, from the bytes in rawBody (HTTP-12)', async () => {
      const [code = ''] = blocksBelow('Cloud Functions')
      const program = `${IMPORTS}import { getTestServer } from '@google-cloud/functions-framework/testing'
${code}
const server = getTestServer('oauth')
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
await report((path, init) => fetch('http://127.0.0.1:' + server.address().port + path, init))
server.close()`
      expect(await served(program)).toEqual([SERVED])
    })

    it('SvelteKit refuses a form without an Origin, and serves the endpoints in front of it as the page says (HTTP-9)', async () => {
      const [code = ''] = blocksBelow('SvelteKit')
      const folder = join(root, 'sveltekit')
      const vite = join(realpathSync(cache), 'node_modules/vite/bin/vite.js')
      const built = await run(process.execPath, [vite, 'build'], folder, { ...process.env, NODE_NO_WARNINGS: '1' })
      expect(built.code, built.stdout + built.stderr).toBe(0)
      const port = await freePort()
      const program = `${IMPORTS.replace('./platform.js', '../platform.js')}
${code.replace('listen(3000)', `listen(${port}, '127.0.0.1')`)}
const send = (path, init) => fetch('http://127.0.0.1:${port}' + path, init)
const own = await send('/?/default', { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
console.log(JSON.stringify({ page: (await send('/')).status, own: own.status }))
await report(send)
process.exit()`
      expect(await served(program, folder)).toEqual([{ page: 200, own: 403 }, SERVED])
    })
  },
)
