import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './setup.ts'

const LEFT_OUT = new Set(['node_modules', '.git', '.cache', 'dist', 'coverage', 'test-results'])

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
    ['src/records/app.ts', '../domain/app.ts', 'src/records'],
    ['src/base/errors.ts', '../store/store.ts', 'src/base'],
    ['src/domain/app.ts', '../http/token.ts', 'src/domain'],
    ['adapters/memory/memory-store.ts', '../../src/domain/app.ts', 'adapters'],
    ['adapters/memory/memory-store.ts', '../redis/redis-store.ts', 'adapters'],
    ['src/credentials/digest.ts', '../records/app.ts', 'src/credentials'],
    ['src/store/store.ts', '../records/app.ts', 'src/store'],
    ['src/http/protect.ts', '../records/token.ts', 'src/http'],
    ['src/http/protect.ts', '../node.ts', 'src/http'],
    ['src/node.ts', './create-app-grant.ts', 'src/node.ts'],
    ['src/testing/conformance.ts', '../records/app.ts', 'src/testing'],
    ['src/domain/app.ts', 'jose', 'only src/credentials/jwt/'],
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

  it('an import against the layers stops npm run check', () => {
    appendFileSync(join(copy, 'src/records/app.ts'), "import '../domain/app.ts'\n")
    const { status, stderr } = spawnSync('npm', ['run', 'check'], { cwd: copy, encoding: 'utf8' })
    expect(status).not.toBe(0)
    expect(stderr).toContain('src/records/app.ts: imports src/domain/app.ts')
  })
})
