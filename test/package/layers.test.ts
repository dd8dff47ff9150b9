import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './setup.ts'

const LEFT_OUT = new Set(['node_modules', '.git', '.cache', 'dist', 'coverage', 'site', 'test-results'])

describe('the layers', () => {
  let copy: string

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'appgrant-layers-'))
    for (const entry of readdirSync(ROOT).filter((name) => !LEFT_OUT.has(name)))
      cpSync(join(ROOT, entry), join(copy, entry), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  const layers = () => spawnSync(process.execPath, ['scripts/check-layers.mjs'], { cwd: copy, encoding: 'utf8' })

  it('the source keeps the layers', () => {
    expect(layers()).toMatchObject({ status: 0, stderr: '' })
  })

  it.each([
    ['src/records/app.ts', '../domain/apps/app.ts', 'src/records'],
    ['src/base/errors.ts', '../store/store.ts', 'src/base'],
    ['src/domain/apps/app.ts', '../../http/oauth/token.ts', 'src/domain/apps'],
    ['src/domain/input/input.ts', '../accounts/accounts.ts', 'src/domain/input'],
    ['src/domain/accounts/accounts.ts', '../apps/app.ts', 'src/domain/accounts'],
    ['src/domain/apps/app.ts', '../tokens/scope.ts', 'src/domain/apps'],
    ['src/domain/tokens/scope.ts', '../authorization/pkce.ts', 'src/domain/tokens'],
    ['src/domain/authorization/pkce.ts', '../grants/session-grant.ts', 'src/domain/authorization'],
    ['src/domain/installs/installs.ts', '../grants/session-grant.ts', 'src/domain/installs'],
    ['src/domain/grants/session-exchange.ts', '../authorizer.ts', 'src/domain/grants'],
    ['adapters/memory/memory-store.ts', '../../src/domain/apps/app.ts', 'adapters'],
    ['adapters/memory/memory-store.ts', '../redis/redis-store.ts', 'adapters'],
    ['adapters/memory/memory-store.ts', '../../src/store/guarded-store.ts', 'adapters'],
    ['src/credentials/digest.ts', '../records/app.ts', 'src/credentials'],
    ['src/store/store.ts', '../records/app.ts', 'src/store'],
    ['src/http/protect.ts', '../records/token.ts', 'src/http/protect.ts'],
    ['src/http/protect.ts', '../node.ts', 'src/http/protect.ts'],
    ['src/http/wire/router.ts', '../oauth/token.ts', 'src/http/wire'],
    ['src/http/wire/request.ts', '../../create-app-grant.ts', 'src/http/wire'],
    ['src/http/api/openapi.ts', '../pages/page.ts', 'src/http/api'],
    ['src/http/pages/page.ts', '../../console/index.ts', 'src/http/pages'],
    ['src/frame/html.ts', '../http/wire/request.ts', 'src/frame'],
    ['src/http/pages/page.ts', '../oauth/cors.ts', 'src/http/pages'],
    ['src/http/oauth/jwks.ts', '../handler.ts', 'src/http/oauth'],
    ['src/node.ts', './create-app-grant.ts', 'src/node.ts'],
    ['src/testing/conformance.ts', '../records/app.ts', 'src/testing'],
    ['src/domain/apps/app.ts', 'jose', 'only src/credentials/jwt/'],
  ])('the layer check stops an import of %s from %s', (file, target, why) => {
    const kept = join(copy, `${file}.kept`)
    cpSync(join(copy, file), kept)
    appendFileSync(join(copy, file), `import '${target}'\n`)
    const { status, stderr } = layers()
    cpSync(kept, join(copy, file))
    rmSync(kept)
    expect(status).toBe(1)
    expect(stderr).toContain(file)
    expect(stderr).toContain(why)
  })

  it.each([
    ['src/base/errors.ts', './events.ts', ['src/base/errors.ts', 'src/base/events.ts']],
    [
      'src/domain/tokens/token-claims.ts',
      './token-reader.ts',
      ['src/domain/tokens/token-reader.ts', 'src/domain/tokens/signed-tokens.ts', 'src/domain/tokens/token-claims.ts'],
    ],
    ['src/frame/html.ts', './html.ts', ['src/frame/html.ts']],
  ])('the layer check stops a cycle of types that %s closes with %s', (file, target, cycle) => {
    const text = readFileSync(join(copy, file), 'utf8')
    writeFileSync(join(copy, file), `${text}import type {} from '${target}'\n`)
    const { status, stderr } = layers()
    writeFileSync(join(copy, file), text)
    expect(status).toBe(1)
    const line = stderr.split('\n').find((one) => one.endsWith('an import cycle')) ?? ''
    for (const name of cycle) expect(line).toContain(name)
  })

  it('the layer check stops a file of more than 300 lines', () => {
    const file = join(copy, 'src/base/own-text.ts')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text + '// more\n'.repeat(300))
    const { status, stderr } = layers()
    writeFileSync(file, text)
    expect(status).toBe(1)
    expect(stderr).toMatch(/src\/base\/own-text\.ts: 3\d\d lines/)
  })

  it('a rule id that docs/invariants.md does not define stops npm run check', () => {
    const file = join(copy, 'test/options.test.ts')
    const text = readFileSync(file, 'utf8')
    // Put together here, or this file would name a rule that is not defined.
    const id = ['APP', '99'].join('-')
    writeFileSync(file, `${text}// ${id}\n`)
    const { status, stdout, stderr } = spawnSync('npm', ['run', 'check'], { cwd: copy, encoding: 'utf8' })
    writeFileSync(file, text)
    expect(status).not.toBe(0)
    expect(stdout + stderr).toContain(`${id} is used in test/options.test.ts, but not defined`)
  })

  it('an export without documentation stops the API reference, which npm run check builds', () => {
    const file = join(copy, 'src/resource.ts')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, `${text}export const undocumented = 1\n`)
    const [bin, ...args] = ['node_modules/.bin/typedoc', '--emit', 'none'] as const
    const { status, stdout, stderr } = spawnSync(join(copy, bin), args, { cwd: copy, encoding: 'utf8' })
    writeFileSync(file, text)
    expect(status).not.toBe(0)
    expect(stdout + stderr).toContain('undocumented (Variable)')
    const { scripts } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'))
    expect(scripts.check).toContain(['typedoc', ...args].join(' '))
  })

  it('an import against the layers stops npm run check', () => {
    appendFileSync(join(copy, 'src/records/app.ts'), "import '../domain/apps/app.ts'\n")
    const { status, stderr } = spawnSync('npm', ['run', 'check'], { cwd: copy, encoding: 'utf8' })
    expect(status).not.toBe(0)
    expect(stderr).toContain('src/records/app.ts: imports src/domain/apps/app.ts')
  })
})
